import { randomInt } from "node:crypto";

/** Short, easily read aloud and typed, and none a part of another. */
const WORDS =
  "amber anchor apple autumn badger basket beacon birch bridge button candle canyon cedar cherry cloud clover copper coral cotton crystal dolphin ember falcon feather fern forest garden ginger glacier harbor hazel heron honey island ivory jasmine juniper kettle lantern lemon linen lotus maple marble meadow melon mirror mosaic nectar nutmeg oasis ocean olive orchid otter paper pebble pepper pine planet poplar prairie quartz quill raven ribbon river rocket saffron sage salmon sparrow spruce summit sunset thistle thunder timber topaz tulip tundra valley velvet violet walnut willow winter yarrow zephyr".split(
    " ",
  );
const WORDS_PER_PASSWORD = 4;

/** Drawn from the system's chance and never from the demonstration's seed: whoever knows the seed doesn't know it. About 39 bits. */
export function createPassword(): string {
  const words = Array.from({ length: WORDS_PER_PASSWORD }, () => WORDS[randomInt(WORDS.length)] ?? "");
  return `${words.join("-")}-${randomInt(1_000, 10_000)}`;
}
