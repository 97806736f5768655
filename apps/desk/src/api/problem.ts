/** What was wrong with one field of a form. */
export type FieldProblem = { readonly path: string; readonly code: string; readonly message: string };
export type ProblemFacts = {
  readonly status: number;
  readonly code: string;
  readonly detail: string | null;
  readonly fields: readonly FieldProblem[];
};

/** A request that the server refused, or that didn't reach it (status 0). Its sentence comes from problem-sentences.ts by code. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | null;
  readonly fields: readonly FieldProblem[];
  constructor(facts: ProblemFacts, options?: ErrorOptions) {
    super(`${String(facts.status)} ${facts.code}`, options);
    this.name = "ApiProblem";
    this.status = facts.status;
    this.code = facts.code;
    this.detail = facts.detail;
    this.fields = facts.fields;
  }
}

/** RFC 9457 bodies; anything else (a proxy's page) becomes a problem known only by its status. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const facts: ProblemFacts = { status: response.status, code: `http${String(response.status)}`, detail: null, fields: [] };
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== "object" || body === null) return new ApiProblem(facts);
  const given = body as { code?: unknown; detail?: unknown; fields?: unknown };
  return new ApiProblem({
    status: response.status,
    code: typeof given.code === "string" ? given.code : facts.code,
    detail: typeof given.detail === "string" ? given.detail : null,
    fields: Array.isArray(given.fields) ? given.fields.filter(isFieldProblem) : [],
  });
}

export function unreachableProblem(cause: unknown): ApiProblem {
  return new ApiProblem({ status: 0, code: "unreachable", detail: null, fields: [] }, { cause });
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return (
    typeof value === "object" &&
    value !== null &&
    "path" in value &&
    "code" in value &&
    typeof value.path === "string" &&
    typeof value.code === "string"
  );
}
