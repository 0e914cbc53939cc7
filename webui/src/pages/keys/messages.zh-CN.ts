import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'api_keys.alias': '名称',
  'api_keys.key': '密钥',
  'api_keys.models': '模型',
  'api_keys.last': '最近使用',
  'api_keys.never': '从未',
  'api_keys.today': '今天',
  'api_keys.total': { other: '{count} 个密钥' },
  'api_keys.csv': '保存为 CSV',
  'api_keys.copy': '复制 {name} 的链接',
  'api_keys.removed': '已移除',
  'api_keys.hint': '按 Enter 保存，按 Esc 保留 {name}。这个名称会在所有页面、图表和 CSV 中代替密钥。',
  'api_keys.cost_up': '费用上升 {change}。',
  'api_keys.cost_down': '费用下降 {change}。',
  'api_keys.cost_same': '费用与上期持平。',
  'api_keys.cost': '按密钥统计的费用。',
  'api_keys.added': '仅 {name} 就增加了 {amount}。',
  'api_keys.took': '仅 {name} 就减少了 {amount}。',
  'api_keys.makes': '{name} 占其中的 {share}。',
  'api_keys.none': '这段时间内没有使用任何密钥',
  'api_keys.none.text': '一旦 CPA 列出密钥或有密钥被使用，就会显示在这里。',
  'api_keys.table': '密钥',
  'api_keys.key_count': '+{count}',
  'api_keys.caption': '按密钥',
} satisfies Translation<typeof english>;
