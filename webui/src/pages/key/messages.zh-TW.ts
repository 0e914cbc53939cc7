import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'key.holders': '此頁面供 CPA 金鑰的持有者使用',
  'key.holders.text': '以金鑰登入即可查看它的用量。您目前以管理員身分登入；「金鑰」頁面列出所有金鑰。',
  'key.holders.no_login': '持有者以金鑰登入，因此需要先啟用登入：請設定 LOGIN_PASSWORD 並重新啟動 queryd。',
} satisfies Translation<typeof english>;
