import type { Translation } from '~/i18n/catalog.ts';
import type english from './messages.en.ts';

export default {
  'key.holders': '此页面供 CPA 密钥的持有者使用',
  'key.holders.text': '用密钥登录即可查看它的用量。您当前以管理员身份登录；“密钥”页面列出了所有密钥。',
  'key.holders.no_login': '持有者用密钥登录，因此需要先启用登录：请设置 LOGIN_PASSWORD 并重启 queryd。',
} satisfies Translation<typeof english>;
