/**
 * Something that ingestd is asked to do, followed until it is over.
 *
 *     const run = new CommandRun();
 *     await run.ask({ kind: 'backup' })   files it and follows it; answers how it ended
 *     run.state      'idle' | 'running' | 'done' | 'failed' | 'cancelled'
 *     run.status     what the API last said of it: progress, result, ingestd's own English sentence where it failed
 *     run.problem    what the connection made of it; while it runs, it is asked for again
 *     run.unclaimed  it waits, and nobody takes it up
 *     run.cancel()   takes it back, or has it stopped
 *     run.forget()   looks away: it goes on without being followed
 */
import { edit } from './edit.ts';
import { live } from './live.svelte.ts';
import { Problem } from './problem.ts';
import type { Command, CommandStatus } from './types.ts';

const LOOK_MS = 400;
/** As long as it cannot be asked what became of it, or nobody has taken it up. */
const RARE_LOOK_MS = 2_000;
/** ingestd looks for commands every second; one that nobody takes up for so long has nobody to run it. */
const PATIENCE_MS = 20_000;

export class CommandRun {
  status = $state.raw<CommandStatus | null>(null);
  problem = $state.raw<Problem | null>(null);
  unclaimed = $state(false);
  #following = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run = 0;

  get state(): 'idle' | 'running' | 'done' | 'failed' | 'cancelled' {
    if (this.#following) return 'running';
    if (this.problem !== null) return 'failed';
    const state = this.status?.state;
    return state === undefined || state === 'queued' ? 'idle' : state;
  }

  get isOver(): boolean {
    return this.status !== null && this.status.state !== 'queued' && this.status.state !== 'running';
  }

  /** Files it and answers how it ended, once the screen shows what it did; null: not known, or somebody looked away. */
  ask(command: Command): Promise<CommandStatus | null> {
    return this.askBy('commands', command);
  }

  /** The same by another endpoint, which makes a command of what it is sent. */
  async askBy(path: string, body: unknown): Promise<CommandStatus | null> {
    this.forget();
    const run = this.#run;
    this.#following = true;
    const ended = await this.#follow(run, path, body);
    if (run !== this.#run) return null;
    this.#following = false;
    if (ended !== null) await live.refresh();
    return ended;
  }

  async cancel(): Promise<void> {
    if (this.status === null) return;
    try {
      await edit(`commands/${this.status.id}`, undefined, 'DELETE');
    } catch (error) {
      // It was over in the meantime: what became of it is shown anyway.
      if (!(error instanceof Problem)) throw error;
      if (error.code !== 'conflict') this.problem = error;
    }
  }

  forget(): void {
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#following = false;
    this.unclaimed = false;
    this.status = null;
    this.problem = null;
  }

  async #follow(run: number, asked: string, body: unknown): Promise<CommandStatus | null> {
    const patientUntil = performance.now() + PATIENCE_MS;
    let status = await this.#look(run, () => edit(asked, body, 'POST'));
    if (status === null) return null;
    const path = `commands/${status.id}`;
    while (run === this.#run && !this.isOver) {
      this.unclaimed = status.state === 'queued' && performance.now() > patientUntil;
      const pause = this.problem === null && !this.unclaimed ? LOOK_MS : RARE_LOOK_MS;
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, pause);
      });
      if (run !== this.#run) return null;
      const seen = await this.#look(run, () => edit(path, undefined, 'GET'));
      if (seen === null && this.problem?.passes !== true) return null;
      status = seen ?? status;
    }
    if (run !== this.#run) return null;
    this.unclaimed = false;
    return status;
  }

  /** What the API says; null, with the problem kept, when it does not. */
  async #look(run: number, question: () => Promise<unknown>): Promise<CommandStatus | null> {
    try {
      const status = (await question()) as CommandStatus;
      if (run === this.#run) [this.status, this.problem] = [status, null];
      return status;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (run === this.#run) this.problem = error;
      return null;
    }
  }
}
