export default {
  'key.holders': 'This page is for whoever holds a key of CPA',
  'key.holders.text':
    'Sign in with the key to see what it was used for. You are signed in as the admin; the page Keys shows every key.',
  'key.holders.no_login': 'They sign in with it. That needs a login: set LOGIN_PASSWORD, and restart queryd.',
} as const;
