// The `openai` package of npm. It dials wss: only, so the server has a certificate of its own.
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import * as stranger from './stranger.mjs';

async function connected(session = {}) {
  const baseURL = stranger.URL_.replace('wss:', 'https:').replace(/\/realtime$/, '');
  const client = new OpenAI({ apiKey: stranger.KEY, baseURL });
  const socket = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, client);
  const events = [];
  const errors = [];
  let looks = [];
  socket.on('event', (event) => {
    events.push(event);
    looks = looks.filter((look) => !look());
  });
  socket.on('error', (error) => errors.push(error.error ?? { message: error.message }));
  const of = (type) => events.filter((event) => event.type === type);
  const until = (type, count = 1) =>
    new Promise((resolve) => {
      const look = () => {
        if (of(type).length < count) return false;
        resolve(of(type)[count - 1]);
        return true;
      };
      if (!look()) looks.push(look);
    });
  await until('session.created');
  socket.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  await until('session.updated');
  return { socket, events, errors, of, until };
}

function ask(socket, text) {
  const content = [{ type: 'input_text', text }];
  socket.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content },
  });
  socket.send({ type: 'response.create' });
}

const joined = (events) => events.map((event) => event.delta).join('');

async function say(socket, clip) {
  for await (const piece of stranger.spoken(clip)) {
    socket.send({ type: 'input_audio_buffer.append', audio: piece.toString('base64') });
  }
}

async function text() {
  const { socket, of, until, errors } = await connected({ output_modalities: ['text'] });
  ask(socket, stranger.QUESTION);
  const done = await until('response.done');
  return { status: done.response.status, text: joined(of('response.output_text.delta')), errors };
}

async function speech() {
  const { socket, of, until, errors } = await connected({
    audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'whisper-1' } } },
  });
  const speaking = say(socket, 'question');
  await until('response.done');
  const heard = await until('conversation.item.input_audio_transcription.completed');
  await speaking;
  const audio = of('response.output_audio.delta').map((e) => Buffer.from(e.delta, 'base64').length);
  return {
    heard: heard.transcript,
    said: joined(of('response.output_audio_transcript.delta')),
    audio_ms: audio.reduce((a, b) => a + b, 0) / 48,
    errors,
  };
}

async function tool() {
  const { socket, of, until, errors } = await connected({ tools: [stranger.WEATHER_TOOL] });
  ask(socket, stranger.WEATHER);
  const call = (await until('response.done')).response.output[0];
  socket.send({
    type: 'conversation.item.create',
    item: { type: 'function_call_output', call_id: call.call_id ?? 'none', output: stranger.REPORT },
  });
  socket.send({ type: 'response.create' });
  await until('response.done', 2);
  return {
    name: call.name,
    arguments: call.arguments,
    said: joined(of('response.output_audio_transcript.delta')),
    errors,
  };
}

async function bargeIn() {
  const { socket, of, until, errors } = await connected();
  ask(socket, stranger.STORY);
  const first = await until('response.output_audio.delta');
  say(socket, 'interruption');
  await until('input_audio_buffer.speech_started');
  const whole = joined(of('response.output_audio_transcript.delta'));
  socket.send({
    type: 'conversation.item.truncate',
    item_id: first.item_id,
    content_index: 0,
    audio_end_ms: 900,
  });
  const cut = await until('conversation.item.truncated');
  socket.send({ type: 'conversation.item.retrieve', item_id: first.item_id });
  const item = (await until('conversation.item.retrieved')).item;
  return { cut_ms: cut.audio_end_ms, whole, kept: item.content[0]?.transcript ?? '', errors };
}

async function badEvent() {
  const { socket, until, errors } = await connected();
  socket.send({ type: 'conversation.item.explode', event_id: 'mine_1' });
  await until('error');
  ask(socket, stranger.QUESTION);
  const done = await until('response.done');
  return { event_id: errors[0].event_id, code: errors[0].code, status: done.response.status };
}

async function outOfBand() {
  const { socket, events, until, errors } = await connected();
  const content = [{ type: 'input_text', text: stranger.QUESTION }];
  socket.send({
    type: 'response.create',
    response: {
      conversation: 'none',
      metadata: { topic: 'who' },
      output_modalities: ['text'],
      input: [{ type: 'message', role: 'user', content }],
    },
  });
  const { response } = await until('response.done');
  return {
    status: response.status,
    metadata: response.metadata,
    conversation_id: response.conversation_id,
    text: response.output[0].content[0].text,
    items: events.map((e) => e.type).filter((type) => type.startsWith('conversation.item.')),
    errors,
  };
}

await stranger.main({
  text,
  speech,
  tool,
  barge_in: bargeIn,
  bad_event: badEvent,
  out_of_band: outOfBand,
});
