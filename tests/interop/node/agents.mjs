// @openai/agents-realtime over WebSocket. Every frame is checked with the package's own zod schema.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import * as stranger from './stranger.mjs';

const schemas = await import(
  pathToFileURL(join('node_modules', '@openai', 'agents-realtime', 'dist', 'openaiRealtimeEvents.mjs'))
);
const serverEvent = schemas.realtimeServerEventSchema ?? schemas.genericEventSchema;

const called = [];
const weather = tool({
  name: 'get_weather',
  description: stranger.WEATHER_TOOL.description,
  parameters: stranger.WEATHER_SCHEMA,
  strict: false,
  execute: async (input) => {
    called.push(input);
    return stranger.REPORT;
  },
});

class Listener {
  constructor(config) {
    this.events = [];
    this.errors = [];
    this.invalid = [];
    this.waiting = [];
    this.audioBytes = 0;
    this.interrupted = 0;
    this.history = [];
    const agent = new RealtimeAgent({ name: 'host', instructions: 'Be brief.', tools: [weather] });
    this.transport = new OpenAIRealtimeWebSocket({ url: stranger.URL_ });
    this.session = new RealtimeSession(agent, {
      transport: this.transport,
      model: 'gpt-realtime',
      config,
    });
    this.session.on('error', (error) => this.errors.push(JSON.stringify(error)));
    this.session.on('audio', (event) => (this.audioBytes += event.data.byteLength));
    this.session.on('audio_interrupted', () => (this.interrupted += 1));
    this.session.on('history_updated', (history) => (this.history = history));
    this.transport.on('*', (event) => this.take(event));
  }

  take(event) {
    this.events.push(event);
    const checked = serverEvent.safeParse(event);
    if (!checked.success) this.invalid.push(`${event.type}: ${checked.error.message}`);
    this.waiting = this.waiting.filter(({ accepts, resolve }) => {
      if (!accepts(event)) return true;
      resolve(event);
      return false;
    });
  }

  connect() {
    return this.session.connect({ apiKey: stranger.KEY, url: stranger.URL_ });
  }

  until(type, count = 1) {
    const enough = () => this.of(type).length >= count;
    if (enough()) return this.of(type)[count - 1];
    return new Promise((resolve) => this.waiting.push({ accepts: enough, resolve }));
  }

  of(type) {
    return this.events.filter((event) => event.type === type);
  }

  said() {
    return this.of('response.output_audio_transcript.delta').map((event) => event.delta).join('');
  }

  async say(clip) {
    for await (const piece of stranger.spoken(clip)) {
      this.session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length));
    }
  }

  report(more) {
    return { errors: this.errors, invalid: this.invalid, frames: this.events.length, ...more };
  }
}

async function text() {
  const it = new Listener({ outputModalities: ['text'] });
  await it.connect();
  it.session.sendMessage(stranger.QUESTION);
  const done = await it.until('response.done');
  const item = it.history.find((entry) => entry.role === 'assistant');
  return it.report({
    status: done.response.status,
    text: it.of('response.output_text.done')[0].text,
    remembered: item?.content?.[0]?.text ?? null,
  });
}

async function speech() {
  const it = new Listener({});
  await it.connect();
  const speaking = it.say('question');
  await it.until('response.done');
  const heard = await it.until('conversation.item.input_audio_transcription.completed');
  await speaking;
  return it.report({ heard: heard.transcript, said: it.said(), audio_ms: it.audioBytes / 48 });
}

async function functionCall() {
  const it = new Listener({});
  await it.connect();
  it.session.sendMessage(stranger.WEATHER);
  await it.until('response.done', 2);
  const call = it.of('response.function_call_arguments.done')[0];
  return it.report({ name: call.name, arguments: call.arguments, called, said: it.said() });
}

async function bargeIn() {
  const it = new Listener({});
  await it.connect();
  it.session.sendMessage(stranger.STORY);
  const first = await it.until('response.output_audio.delta');
  it.say('interruption');
  const cut = await it.until('conversation.item.truncated');
  const retrieved = await it.until('conversation.item.retrieved');
  const deltas = it.of('response.output_audio_transcript.delta');
  return it.report({
    interrupted: it.interrupted,
    cut_ms: cut.audio_end_ms,
    kept: retrieved.item.content?.[0]?.transcript ?? '',
    whole: deltas.filter((e) => e.item_id === first.item_id).map((e) => e.delta).join(''),
  });
}

async function badEvent() {
  const it = new Listener({});
  await it.connect();
  it.transport.sendEvent({ type: 'conversation.item.explode', event_id: 'mine_1' });
  const error = await it.until('error');
  it.session.sendMessage(stranger.QUESTION);
  const done = await it.until('response.done');
  return it.report({
    event_id: error.error.event_id,
    code: error.error.code,
    status: done.response.status,
  });
}

async function outOfBand() {
  const it = new Listener({});
  await it.connect();
  const content = [{ type: 'input_text', text: stranger.QUESTION }];
  it.transport.sendEvent({
    type: 'response.create',
    response: {
      conversation: 'none',
      metadata: { topic: 'who' },
      output_modalities: ['text'],
      input: [{ type: 'message', role: 'user', content }],
    },
  });
  const { response } = await it.until('response.done');
  return it.report({
    metadata: response.metadata,
    text: response.output[0].content[0].text,
    items: it.events.map((e) => e.type).filter((type) => type.startsWith('conversation.item.')),
  });
}

await stranger.main({
  text,
  speech,
  tool: functionCall,
  barge_in: bargeIn,
  bad_event: badEvent,
  out_of_band: outOfBand,
});
