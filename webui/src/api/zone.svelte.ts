/** The server's time zone, in which every local day, hour and date of the dashboard is meant. Every answer names it. */
let name = $state('UTC');

export const zone = {
  get name(): string {
    return name;
  },
};

/** Called with what an answer says; a name that this browser does not know keeps the one before. */
export function learnZone(next: string | undefined): void {
  if (next === undefined || next === name) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: next });
    name = next;
  } catch {
    // An older browser may lack a new zone: dates then keep their own offset from the answers.
  }
}
