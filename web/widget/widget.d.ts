/** The file's own text: the server imports it as such, so that it is in the one-file executable too. */
declare const text: string;
export default text;
