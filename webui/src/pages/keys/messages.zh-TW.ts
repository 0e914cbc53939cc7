import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'api_keys.alias': '名稱',
  'api_keys.key': '金鑰',
  'api_keys.models': '模型',
  'api_keys.last': '最近使用',
  'api_keys.never': '從未',
  'api_keys.today': '今天',
  'api_keys.total': { other: '{count} 個金鑰' },
  'api_keys.csv': '儲存為 CSV',
  'api_keys.copy': '複製 {name} 的連結',
  'api_keys.removed': '已移除',
  'api_keys.hint': '按 Enter 儲存，按 Esc 保留 {name}。這個名稱會在所有頁面、圖表和 CSV 中代替金鑰。',
  'api_keys.cost_up': '費用上升 {change}。',
  'api_keys.cost_down': '費用下降 {change}。',
  'api_keys.cost_same': '費用與上期持平。',
  'api_keys.cost': '按金鑰統計的費用。',
  'api_keys.added': '僅 {name} 就增加了 {amount}。',
  'api_keys.took': '僅 {name} 就減少了 {amount}。',
  'api_keys.makes': '{name} 占其中的 {share}。',
  'api_keys.none': '這段期間內沒有使用任何金鑰',
  'api_keys.none.text': '一旦 CPA 列出金鑰或有金鑰被使用，就會顯示在這裡。',
  'api_keys.table': '金鑰',
  'api_keys.key_count': '+{count}',
  'api_keys.caption': '按金鑰',
} satisfies Translation<typeof english>;
