import { expect, test } from "vitest";
import type * as P from "../protocol/messages";
import type { Room } from "../session/room";
import { sourceByKey, sourcesToTake } from "./sources";

const person = (id: string, ...sources: P.Source[]): P.Participant => ({
  id,
  name: id,
  role: "doctor",
  microphone: true,
  camera: true,
  tracks: sources.map((source) => ({ track: `${id}-${source}`, kind: source === "microphone" ? "audio" : "video", source })),
});
const room = (me: string, ...people: P.Participant[]) => ({ me, participants: new Map(people.map((one) => [one.id, one])) }) as unknown as Room;

test("a camera for examining comes before faces, others' faces before one's own", () => {
  const found = sourcesToTake(room("sơn", person("sơn", "camera", "microphone"), person("hà", "camera", "dermatoscope")));
  expect(found.map(({ person: { id }, source }) => `${id}/${source}`)).toEqual(["hà/dermatoscope", "hà/camera", "sơn/camera"]);
});

test("the key takes what is looked at, else the best", () => {
  const here = room("sơn", person("hà", "camera", "dermatoscope"));
  expect(sourceByKey(here, "hà/camera")?.source).toBe("camera");
  expect(sourceByKey(here, "gone/camera")?.source).toBe("dermatoscope");
  expect(sourceByKey(room("sơn"), null)).toBeUndefined();
});

test("a camera that is off has no picture", () => {
  expect(sourcesToTake(room("sơn", { ...person("hà", "camera"), camera: false }))).toEqual([]);
});
