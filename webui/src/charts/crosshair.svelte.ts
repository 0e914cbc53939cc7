/**
 * Where the pointer or the keyboard is on a time axis. Charts that share one show the same moment;
 * it is kept as the start of a bucket, so that charts of different buckets do not point at the wrong one.
 */
export class Crosshair {
  /** The start of the bucket pointed at, as the API wrote it. */
  at = $state<string | null>(null);
  /** The chart that leads: only it shows its tooltip. */
  leader = $state<symbol | null>(null);
  /** A tooltip that was tapped stays and offers its actions. */
  pinned = $state(false);

  point(at: string | null, leader: symbol): void {
    this.at = at;
    this.leader = at === null ? null : leader;
    if (at === null) this.pinned = false;
  }

  leave(): void {
    this.at = null;
    this.leader = null;
    this.pinned = false;
  }
}
