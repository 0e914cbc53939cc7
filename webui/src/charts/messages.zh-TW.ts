import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'charts.total': '合計',
  'charts.before': '前期',
  'charts.period': '時段',
  'charts.partial': '尚未結束',
  'charts.nothing_here': '沒有請求',
  'charts.no_bucket': '尚未選取時段',
  'charts.no_cell': '尚未選取儲存格',
  'charts.legend': '圖例',
  'charts.show': '顯示',
  'charts.hide': '隱藏',
  'charts.show_series': '顯示 {name}',
  'charts.isolate': '點一下只看這項',
  'charts.filter_to': '篩選 {name}',
  'charts.zoom_here': '放大此時段',
  'charts.open_requests': '檢視請求',
  'charts.hint': '點按或拖曳放大 · ⇧ 點按檢視請求',
  'charts.hint_open': '點按檢視請求',
  'charts.hint_cell': '點按檢視對應請求',
  'charts.keys': '方向鍵移動，Enter 放大，Shift 加 Enter 檢視請求，Esc 離開。',
  'charts.keys_grid': '方向鍵移動，Enter 檢視請求，Esc 離開。',
  'charts.up_to': '累計 {share}',
  'charts.above': '{bound} 以上',
} satisfies Translation<typeof english>;
