// The beta JS client: `openai-realtime-api`, the published drop-in of OpenAI's own beta client.
import { RealtimeClient } from 'openai-realtime-api';
import * as stranger from './stranger.mjs';

async function connected(session = {}) {
  const client = new RealtimeClient({
    url: stranger.URL_,
    apiKey: stranger.KEY,
    sessionConfig: { voice: 'alloy', ...session },
  });
  const seen = { events: [], errors: [], waiting: [] };
  client.on('realtime.event', ({ source, event }) => {
    if (source !== 'server') return;
    seen.events.push(event);
    seen.waiting.forEach((look) => look());
  });
  client.on('error', (event) => seen.errors.push(event));
  seen.of = (type) => seen.events.filter((event) => event.type === type);
  seen.until = (type, count = 1) =>
    new Promise((resolve) => {
      const look = () => seen.of(type).length >= count && resolve(seen.of(type)[count - 1]);
      seen.waiting.push(look);
      look();
    });
  await client.connect();
  await seen.until('session.created');
  return { client, seen };
}

const words = (item) => item.formatted.transcript || item.formatted.text;
const answer = (client) =>
  client.conversation.getItems().filter((item) => item.role === 'assistant').map(words).join(' ');

async function say(client, clip) {
  for await (const piece of stranger.spoken(clip)) {
    client.appendInputAudio(
      new Int16Array(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length)),
    );
  }
}

async function text() {
  const { client, seen } = await connected({ modalities: ['text'] });
  client.sendUserMessageContent([{ type: 'input_text', text: stranger.QUESTION }]);
  const done = await seen.until('response.done');
  return { status: done.response.status, text: answer(client), errors: seen.errors };
}

async function speech() {
  const { client, seen } = await connected({
    turn_detection: { type: 'server_vad', silence_duration_ms: 400 },
    input_audio_transcription: { model: 'whisper-1' },
  });
  const speaking = say(client, 'question');
  await seen.until('response.done');
  const heard = await seen.until('conversation.item.input_audio_transcription.completed');
  await speaking;
  const items = client.conversation.getItems();
  const user = items.find((item) => item.role === 'user');
  const samples = items
    .filter((item) => item.role === 'assistant')
    .reduce((sum, item) => sum + item.formatted.audio.length, 0);
  return {
    heard: heard.transcript,
    formatted: user.formatted.transcript,
    said: answer(client),
    audio_ms: samples / 24,
    errors: seen.errors,
  };
}

async function tool() {
  const { client, seen } = await connected();
  const called = [];
  client.addTool(stranger.WEATHER_TOOL, async (input) => {
    called.push(input);
    return { report: stranger.REPORT };
  });
  client.sendUserMessageContent([{ type: 'input_text', text: stranger.WEATHER }]);
  await seen.until('response.done', 2);
  const call = client.conversation.getItems().find((item) => item.type === 'function_call');
  return {
    name: call.name,
    arguments: call.formatted.tool.arguments,
    called,
    said: answer(client),
    errors: seen.errors,
  };
}

async function bargeIn() {
  const { client, seen } = await connected({ turn_detection: { type: 'server_vad' } });
  client.sendUserMessageContent([{ type: 'input_text', text: stranger.STORY }]);
  const first = await seen.until('response.audio.delta');
  say(client, 'interruption');
  await seen.until('input_audio_buffer.speech_started');
  const whole = seen.of('response.audio_transcript.delta').map((event) => event.delta).join('');
  client.cancelResponse(first.item_id, 24 * 900);
  const cut = await seen.until('conversation.item.truncated');
  client.realtime.send('conversation.item.retrieve', { item_id: first.item_id });
  const item = (await seen.until('conversation.item.retrieved')).item;
  return {
    cut_ms: cut.audio_end_ms,
    whole,
    kept: item.content[0]?.transcript ?? '',
    errors: seen.errors,
  };
}

async function badEvent() {
  const { client, seen } = await connected();
  client.realtime.send('conversation.item.explode', {});
  const error = await seen.until('error');
  client.sendUserMessageContent([{ type: 'input_text', text: stranger.QUESTION }]);
  const done = await seen.until('response.done');
  return {
    event_id: error.error.event_id,
    code: error.error.code,
    status: done.response.status,
  };
}

await stranger.main({ text, speech, tool, barge_in: bargeIn, bad_event: badEvent });
