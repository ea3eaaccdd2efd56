/** Injection tokens of the SDK's own. */
export const SETTINGS = Symbol('skald-settings');
export const DATA_SOURCE = Symbol('skald-data-source');
