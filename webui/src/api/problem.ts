/**
 * What can go wrong between a question and its answer, as people need to tell it apart:
 * `unreachable` (no connection, or no answer in time), `unavailable` (the server says it cannot answer now and why),
 * `rejected` (our question was wrong, `parameter` names where), `signed_out`, `missing`, `broken` (anything else).
 */
export type ProblemKind = 'unreachable' | 'unavailable' | 'rejected' | 'signed_out' | 'missing' | 'broken';

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly kind: ProblemKind,
    /** The `code` of the API's error, or `network`, `timeout`, `not_json`. */
    readonly code: string,
    message: string,
    readonly parameter: string | null = null,
    /** Not before this many milliseconds, when the server named a delay. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** Whether asking the same again can help without anybody changing anything. */
  get passes(): boolean {
    return this.kind === 'unreachable' || this.kind === 'unavailable' || this.kind === 'broken';
  }
}

/** The problem that an error answer describes; `body` is its text. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  let code = `http_${status}`;
  let message = '';
  let parameter: string | null = null;
  try {
    const { error } = JSON.parse(body) as {
      error?: { code?: unknown; message?: unknown; parameter?: unknown };
    };
    if (typeof error?.code === 'string') code = error.code;
    if (typeof error?.message === 'string') message = error.message;
    if (typeof error?.parameter === 'string') parameter = error.parameter;
  } catch {
    // A proxy in between answers with its own page: the status is all that can be told.
  }
  return new Problem(kindOf(status), code, message, parameter, retryAfterMs(retryAfter));
}

function kindOf(status: number): ProblemKind {
  if (status === 401 || status === 403) return 'signed_out';
  if (status === 404) return 'missing';
  if (status === 429 || status === 503) return 'unavailable';
  // What a reverse proxy says when queryd is not there.
  if (status === 502 || status === 504) return 'unreachable';
  return status >= 400 && status < 500 ? 'rejected' : 'broken';
}

/** `Retry-After` in milliseconds; seconds are the only form our server sends. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,5}$/.test(header) ? Number(header) * 1000 : null;
}
