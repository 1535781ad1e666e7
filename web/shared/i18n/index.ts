export { language, setLanguage, startLanguage, useLanguage, type Language } from "./language";
export { fill, translator, type Catalogue, type Translate, type Values } from "./translate";
export * from "./format";
export { common } from "./common";
export { roleName } from "./roles";
