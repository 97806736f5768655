/** A socket could not do its work: which operation, why, and whether trying again makes sense. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  readonly code: "listenFailed" | "connectFailed" | "certificateRefused" | "receiveFailed" | "sendFailed";
  readonly operation: string;
  readonly isRetryable: boolean;

  constructor(code: FlowError["code"], fields: { readonly operation: string; readonly cause: unknown; readonly isRetryable?: boolean }) {
    const detail = fields.cause instanceof Error ? fields.cause.message : String(fields.cause);
    super(`${fields.operation}: ${detail}`, { cause: fields.cause });
    this.code = code;
    this.operation = fields.operation;
    this.isRetryable = fields.isRetryable ?? false;
  }
}
