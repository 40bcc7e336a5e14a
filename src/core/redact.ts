/** RFC 7519: three parts in base64url, of which the first begins with `{"`. */
const jwt = /eyJ[\w-]{5,}(?:\.[\w-]*){0,2}/g;
/** Longer than a UUID (36), as tokens are and names are not. */
const longWord = /[\w-]{37,}/g;

/** A person's name or address, which may be long. */
export const hideJwt = (text: string): string => text.replace(jwt, "[token]");

/** A path or a text without what looks like a token in it: clients may put anything there. */
export const hideTokens = (text: string): string => hideJwt(text).replace(longWord, "[hidden]");
