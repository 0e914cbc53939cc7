/** As much of an address's end as always stands. */
const END = 11;
/** An address no longer than this fits wherever names stand. */
const SHORT = 18;

/** How many characters at the end of an e-mail address are kept whole: its domain, or the domain's end; 0 of other names. */
export function addressEnd(name: string): number {
  const at = name.lastIndexOf('@');
  if (name.length <= SHORT || at < 1 || /\s/.test(name)) return 0;
  return Math.min(name.length - at, END);
}
