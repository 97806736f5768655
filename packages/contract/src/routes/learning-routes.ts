import Type from "typebox";
import type { Static } from "typebox";
import { list, type Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";

/** The tours there are: one for who talks with customers, one for who leads them. */
export const tours = ["agent", "lead"] as const;
const TourName = Type.Enum(["agent", "lead"]);
export type TourName = Static<typeof TourName>;

/** `later`: offered and put off. `begun`: can be gone on with. A finished tour stays finished when it is taken again. */
const TourState = Type.Enum(["later", "begun", "finished"]);
export type TourState = Static<typeof TourState>;
const TourStep = Type.String({ minLength: 1, maxLength: 40, pattern: "^[a-z][a-zA-Z0-9-]*$" });

/** How far one is in a tour. */
export const TourProgress = Type.Object({
  tour: TourName,
  state: TourState,
  /** The step to go on from. */
  step: TourStep,
  begunAt: Type.Union([Timestamp, Type.Null()]),
  finishedAt: Type.Union([Timestamp, Type.Null()]),
});
export type TourProgress = Static<typeof TourProgress>;
const PersonTour = Type.Intersect([Type.Object({ personId: Id, personName: Type.String() }), TourProgress]);
export type PersonTour = Static<typeof PersonTour>;

/** Tours taken. */
export const learningRoutes = {
  toursGet: {
    method: "GET",
    path: "/tours",
    access: "signedIn",
    tag: "learning",
    summary: "One's own tours, as far as one has been offered them",
    response: list(TourProgress),
  },
  tourPut: {
    method: "PUT",
    path: "/tours/:tour",
    access: "signedIn",
    tag: "learning",
    summary: "Notes where one is in a tour: put off, begun at a step, finished",
    params: Type.Object({ tour: TourName }),
    body: Type.Object({ state: TourState, step: TourStep }),
    response: TourProgress,
  },
  toursOfPeople: {
    method: "GET",
    path: "/tours/people",
    access: ["floor.read"],
    tag: "learning",
    summary: "Who has begun and who has finished which tour",
    response: list(PersonTour),
  },
} as const satisfies Record<string, Route>;
