export { Button, type ButtonProps } from "./button";
export { Dialog } from "./dialog";
export { Field, SelectField, TextField, type Choice } from "./field";
export { Icon, type IconNode } from "./icon";
export { EmptyState, ErrorState, LoadingState } from "./states";
export { announce, Announcer, forgetNotices, notify, type Notice } from "./toast";
