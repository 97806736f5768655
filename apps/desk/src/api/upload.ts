import { routes, type ResponseOf, type RouteName } from "@allo/contract";
import { apiAddress, type ApiInput } from "./client.ts";
import { ApiProblem, readProblem, unreachableProblem } from "./problem.ts";

/** The routes that take one file. */
export type UploadRoute = { [N in RouteName]: (typeof routes)[N] extends { readonly upload: true } ? N : never }[RouteName];

/** Sends a file and tells how much of it has gone: fetch can't say that, XMLHttpRequest can. */
export function uploadFile<N extends UploadRoute>(
  name: N,
  given: Omit<ApiInput<N>, "body" | "file"> & { readonly file: Blob; readonly onProgress: (share: number) => void },
): Promise<ResponseOf<N>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(routes[name].method, apiAddress(name, given));
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) given.onProgress(event.loaded / event.total);
    });
    request.addEventListener("error", () => reject(unreachableProblem(new Error("the upload was cut off"))));
    request.addEventListener("load", () => {
      const answer = new Response(request.responseText, { status: request.status });
      if (request.status < 200 || request.status > 299) {
        void readProblem(answer).then(reject);
        return;
      }
      answer.json().then(
        (body: ResponseOf<N>) => resolve(body),
        () => reject(new ApiProblem({ status: request.status, code: "badAnswer", fields: [], detail: null })),
      );
    });
    const form = new FormData();
    form.append("file", given.file);
    request.send(form);
  });
}
