/** Injection token of the OpenAPI document. */
export const API_DOCUMENT = Symbol('skald OpenAPI document');
