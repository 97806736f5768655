/** What was wrong with one field of a request. */
export type FieldProblem = { readonly path: string; readonly code: string; readonly message: string };

/** An answer that isn't success, as an RFC 9457 problem. `code` is stable and what clients translate. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly fields: readonly FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, status: number, detail?: string, fields?: readonly FieldProblem[], retryAfterSeconds?: number) {
    super(detail ?? code);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get title(): string {
    return TITLES[this.status] ?? "The request could not be done";
  }
}

/** Absent, or another organisation's: the answer is the same. */
export function notFound(): ApiError {
  return new ApiError("notFound", 404);
}

/** One field is wrong in a way that the schema can't say. */
export function invalidField(path: string, code: string, message: string): ApiError {
  return new ApiError("invalidInput", 400, message, [{ path, code, message }]);
}

/** Someone else changed it since it was read; `fields` lists what differs now. */
export function staleVersion(changed: readonly string[]): ApiError {
  return new ApiError(
    "versionConflict",
    409,
    "It was changed by someone else meanwhile",
    changed.map((path) => ({ path, code: "changed", message: "was changed meanwhile" })),
  );
}

/** RFC 9457 §3.1.1: the URI names the kind of problem; clients go by `code`. */
export function problemTypeOf(code: string): string {
  return `urn:allo:problem:${code}`;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "The request is not valid",
  401: "Nobody is signed in",
  403: "This is not allowed",
  404: "There is no such thing",
  409: "It is no longer as it was",
  410: "It is over",
  413: "It is too large",
  415: "The form of the content is not supported",
  429: "Too many attempts",
  500: "Something went wrong here",
  501: "This is not there yet",
  503: "Not possible for the moment",
};
