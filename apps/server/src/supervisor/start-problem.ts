/** Why Allo can't start, in one sentence for the person who started it. The only error that the program's main file expects. */
export class StartError extends Error {
  readonly code: "settings" | "folder" | "diskFull" | "secondInstance" | "port" | "database" | "child";

  constructor(code: StartError["code"], sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "StartError";
    this.code = code;
  }
}
