/** What a call can do without until somebody opens it; one file, fetched once the call stands and is quiet. */
export { Gallery } from "../stills/gallery";
export { StillView } from "../stills/view";
export { Chat } from "./chat";
export { Papers } from "./papers";
export { People } from "./people";
export { SourcePicker } from "./sources";
