// What the Node clients share: the clip to say, the words to ask, and how a report leaves.
import { readFileSync } from 'node:fs';

export const URL_ = process.env.VOICE_URL;
export const KEY = 'any-key';
export const QUESTION = 'Hello, who are you?';
export const STORY = 'Tell me a joke.';
export const WEATHER = 'What is the weather in Paris?';
export const REPORT = 'In Paris it is sunny and 21 degrees.';
export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', description: 'The name of the city' } },
  required: ['city'],
  additionalProperties: false,
};
export const WEATHER_TOOL = {
  type: 'function',
  name: 'get_weather',
  description: 'Get the current weather in a city.',
  parameters: WEATHER_SCHEMA,
};

const CHUNK_BYTES = 24 * 2 * 40;
const SPEED = 2;
const LIMIT_MS = 17_000;

/** Gives the pieces of a clip (PCM16, 24 kHz) as a microphone would, twice as fast. */
export async function* spoken(clip) {
  const audio = readFileSync(process.env[`VOICE_CLIP_${clip.toUpperCase()}`]);
  for (let at = 0; at < audio.length; at += CHUNK_BYTES) {
    const piece = audio.subarray(at, at + CHUNK_BYTES);
    yield piece;
    await new Promise((resolve) => setTimeout(resolve, piece.length / 48 / SPEED));
  }
}

/** A promise of the first value for which `accepts` says yes; `subscribe` gets the listener. */
export function first(subscribe, accepts = () => true) {
  return new Promise((resolve) => {
    subscribe((value) => {
      if (accepts(value)) resolve(value);
    });
  });
}

/** Runs the scenario that the command line names and prints its report. */
export async function main(scenarios) {
  const [name, ...rest] = process.argv.slice(2);
  const timer = setTimeout(() => {
    console.error(`the scenario ${name} takes too long`);
    process.exit(3);
  }, LIMIT_MS);
  try {
    const report = await scenarios[name](...rest);
    console.log(JSON.stringify(report));
    clearTimeout(timer);
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
