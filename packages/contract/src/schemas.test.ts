import { expect, it } from "vitest";
import { QueueSettings, queueSettingKeys } from "./schemas.ts";

it("names every setting of a queue, in the order of the schema", () => {
  expect(queueSettingKeys).toEqual(Object.keys(QueueSettings.properties));
});
