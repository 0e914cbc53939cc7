/** The server's time zone, in which every local day, hour and date of the dashboard is meant. Every answer names it. */
let name = $state('UTC');
let known = $state(false);

export const zone = {
  get name(): string {
    return name;
  },
  /** Whether an answer has named it yet; before that dates may be a day off. */
  get known(): boolean {
    return known;
  },
};

/** Called with what an answer says; a name that this browser does not know keeps the one before. */
export function learnZone(next: string | undefined): void {
  if (next === undefined || (known && next === name)) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: next });
    name = next;
    known = true;
  } catch {
    // An older browser may lack a new zone: dates then keep their own offset from the answers.
  }
}
