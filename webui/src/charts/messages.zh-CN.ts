import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'charts.total': '合计',
  'charts.before': '上期',
  'charts.period': '时段',
  'charts.partial': '尚未结束',
  'charts.nothing_here': '没有请求',
  'charts.no_bucket': '未选中时段',
  'charts.no_cell': '未选中单元格',
  'charts.legend': '图例',
  'charts.show': '显示',
  'charts.hide': '隐藏',
  'charts.show_series': '显示 {name}',
  'charts.isolate': '点击仅看此项',
  'charts.filter_to': '筛选 {name}',
  'charts.zoom_here': '放大此时段',
  'charts.open_requests': '查看请求',
  'charts.hint': '点击或拖动放大 · ⇧ 点击查看请求',
  'charts.hint_open': '点击查看请求',
  'charts.hint_cell': '点击查看对应请求',
  'charts.keys': '方向键移动，回车放大，Shift 加回车查看请求，Esc 退出。',
  'charts.keys_grid': '方向键移动，回车查看请求，Esc 退出。',
  'charts.up_to': '累计 {share}',
  'charts.above': '{bound} 以上',
} satisfies Translation<typeof english>;
