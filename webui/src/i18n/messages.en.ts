export default {
  'app.name': 'Keeper',
} as const;
