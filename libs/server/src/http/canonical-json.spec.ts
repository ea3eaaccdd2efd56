import { fc, test as property } from '@fast-check/jest';
import { canonicalJson, requestHashOf } from './canonical-json.js';

test('key order and spaces do not matter, everything else does', () => {
  const one = JSON.parse('{ "b": [1, {"y": 1, "x": null}], "a": "é" }') as unknown;
  const same = JSON.parse('{"a":"\\u00e9","b":[1,{"x":null,"y":1}]}') as unknown;
  expect(requestHashOf(one)).toBe(requestHashOf(same));
  expect(requestHashOf({ a: [1, 2] })).not.toBe(requestHashOf({ a: [2, 1] }));
  expect(requestHashOf({ a: '1' })).not.toBe(requestHashOf({ a: 1 }));
});

property.prop([fc.jsonValue()])('it is JSON of the same value', (value) => {
  expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
});
