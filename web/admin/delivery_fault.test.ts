import { expect, it } from "vitest";
import { deliveryFault } from "./delivery_fault";

it.each([
  ["Couldn't connect to server", "refused"],
  ["Failed to connect to localhost port 9000: Connection refused", "refused"],
  ["Timeout was reached", "timeout"],
  ["Could not resolve host: emr.tinh", "name"],
  ["SSL peer certificate was not OK", "tls"],
  ["HTTP 401", "auth"],
  ["HTTP 422 OperationOutcome: app-3", "invalid"],
  ["entry 2: 400 Bad Request", "invalid"],
  ["HTTP 410", "gone"],
  ["HTTP 503", "server"],
  ["the picture is no baseline JPEG, which DICOM wants", "picture"],
  ["the PACS did not take it: reason A900", "pacs"],
  ["", "other"],
])("a delivery that failed with %j is told as %s", (error, cause) => expect(deliveryFault(error)).toBe(cause));
