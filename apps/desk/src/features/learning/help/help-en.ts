import type { HelpText, HelpTopic } from "./topics.ts";

export const help: Readonly<Record<HelpTopic, HelpText>> = {
  signIn: {
    purpose:
      "Here you sign in with the e-mail under which you were added and the password that you chose. After several wrong attempts you have to wait a few minutes.",
    steps: [
      "Forgot the password? An [[administrator|administrator]] makes you a one-time link for a new one, under People.",
      "The language of this page is at the top; after signing in, yours is remembered.",
    ],
  },
  link: {
    purpose: "This link was made for you alone and works once. With it you choose your password; then you are signed in.",
    steps: [
      "Take a sentence as your password: easy to remember, hard to guess.",
      "The link has lapsed? Ask the [[administrator|administrator]] who sent it for a new one.",
    ],
  },
  firstSetup: {
    purpose:
      "Here the [[organisation|organisation]], its first [[administrator|administrator]], a [[queue|queue]] and a [[number|number]] are made. It takes a few minutes, and everything can be changed later in Setup. At the end a [[testCall|test call]] rings in this very page.",
    steps: [
      "Choose your trade to get queues, hours and results ready-made, or start empty.",
      "The number may be short for a try, such as 100.",
      "Calls are taken only from the [[network|networks]] that you tick.",
    ],
  },
  desk: {
    purpose:
      "Your place of work. At the top is your state and the call, in the middle the call of the moment, beside it the customer. Nothing here moves your cursor while you type.",
    steps: [
      "Go [[ready|ready]] by {key:ready}; the browser asks once for the microphone.",
      "Answer by {key:answer}, [[hold|hold]] by {key:hold}, [[mute|mute]] by {key:mute}, hang up by {key:hangUp}.",
      "Write the [[note|note]] while you talk: it is saved as you type.",
      "“Transfer” asks a colleague, a [[queue|queue]] or a number outside; “Connect them and leave” lets customer and outsider go on without you.",
      "“Park” leaves the customer to music in a numbered slot: whoever is free picks the call up from the list of parked calls. After two minutes it rings at you again.",
      "Stuck? {key:askLead} asks a [[teamLead|team lead]] into the call. Insulted or threatened? “Lead” → “The customer insults or threatens” shows what to say and when you may end the call.",
      "“Call a colleague” finds them by name, with who is free: an [[internalCall|internal call]] isn't recorded, and no customer rings at you meanwhile; if some wait, you see it.",
      "After the call choose a [[wrapUpCode|result]]; Ctrl + Enter finishes.",
      "A break? Press your state and choose a [[reason|reason]]. In a call it begins after [[wrapUp|wrap-up]].",
      "Nobody calls yet? [Place a test call](/test-call) to your own desk.",
    ],
  },
  testCall: {
    purpose:
      "The program itself calls a number of yours, as a customer would, and it rings here, for you alone. You see every step from the greeting to “you were heard”, and what to do where one fails. It counts in no figure.",
    steps: [
      "Put your headset on and press the button.",
      "Answer by {key:answer} or Enter, then say something: count to five.",
      "What is wrong is named with its remedy; put it right and try again.",
    ],
  },
  floor: {
    purpose:
      "What happens now, [[queue|queue]] by queue: who waits and why nobody has answered yet, who is in which state, and how today goes. It moves by itself; what needs you stands first.",
    steps: [
      "Press a figure of today to see the calls behind it.",
      "Press a waiting caller to see the whole story of the call.",
      "The moon beside an agent sets that agent [[notReady|not ready]], with a reason that they see.",
      "“Help requests”: who asks for a [[teamLead|team lead]], with the way into the call; “All requests” tells how soon somebody came.",
      "“Calls without an agent”: customers whom an agent left with a number outside. Whoever may go into calls ends one there, with a reason.",
      "“Wallboard” fills the screen with the tiles, for the [[wallboard|big screen]] in the room.",
      "A red line at the top says that calls are not [[recording|recorded]] because of an error, how many and since when, with the way to the gaps. It goes once a recording is saved again.",
    ],
  },
  contacts: {
    purpose:
      "Every [[contact|call]] there was, newest first: when, who, on which number and queue, how it ended. You see your own calls, or all of them, as your role has it.",
    steps: [
      "Narrow the list by day, queue, agent, result; the address keeps it, so that a link shows the same to a colleague.",
      "Open a row for its timeline, notes and [[recording|recording]].",
      "Arrows move through the rows, Enter opens one.",
    ],
  },
  contact: {
    purpose:
      "One call from its first second to its end: what the caller heard, why it was offered to whom, how long each wait and talk was, and who ended it.",
    steps: [
      "Play the [[recording|recording]]: Space stops it, arrows jump by five seconds. Listening stands in the list of changes.",
      "Add a [[note|note]] for the next colleague; notes aren't changed afterwards.",
      "Tie the call to a customer where the number wasn't known.",
    ],
  },
  recordingGaps: {
    purpose:
      "The talks of a day that should have a [[recording|recording]] and have none that can be heard whole, each with its reason. Look here once a day: an empty list is the proof that everything was recorded.",
    steps: [
      "Choose the day.",
      "Open a row to see the [[contact|call]].",
      "With the recording stands “Check that it is unaltered”: the file is read and compared with the sum noted when it was saved.",
    ],
  },
  internalCalls: {
    purpose:
      "Calls that colleagues made to each other from the desk. An [[internalCall|internal call]] is no [[contact|customer's call]]: it is in no figure, has no result and isn't recorded.",
    steps: [
      "You see your own: whom you called, who called you, how it came out and how long you spoke. What rang at you in vain is “Missed”, and “Call” calls back.",
      "Whoever may see everybody's switches over and chooses a colleague; each look at that list stands in the list of changes.",
      "Calls older than a year are forgotten.",
    ],
  },
  lostCalls: {
    purpose:
      "Calls that ended without a conversation, for whatever cause: nobody was there, the wait was too long, it was closed. Each stays here until somebody has dealt with it.",
    steps: [
      "Take one, call back, and say how it went: reached, not reached, no need.",
      "Who calls again and is answered is ticked off by itself.",
      "“Why it was lost” tells what to change: hours, people, or the queue's limit.",
    ],
  },
  customers: {
    purpose:
      "The [[customerCard|cards]] of your customers. A card is found while the phone still rings, by the number that calls; with it come earlier calls and notes.",
    steps: [
      "Type any part of a name, a number or an e-mail, in any spelling.",
      "Add a customer by the button, or straight from a call by an unknown number.",
      "A customer belongs to one [[project|project]].",
    ],
  },
  people: {
    purpose: "Everyone who may sign in, with their [[role|roles]] and [[skill|skills]].",
    steps: [
      "Add a person: you get a one-time link to send; with it they choose their password.",
      "Block a login at once when somebody leaves: sessions and phone end that second.",
      "Which rights a role gives is written under [Roles](/people?view=roles).",
      "Agents get calls when they are members of a [queue](/setup/queues).",
      "Give a newcomer mentors: in the newcomer's calls they hear both and are heard by the newcomer alone.",
    ],
  },
  workplaces: {
    purpose:
      "Who is equipped to talk with customers: the last [[workplaceCheck|workplace check]] of each agent, with microphone, headset, echo, network and browser.",
    steps: [
      "Narrow to those whose check failed, was skipped, or is older than a day.",
      "Each item says what was measured, so that you know what to bring: a headset, a cable, another browser.",
    ],
  },
  "setup/ready-made": {
    purpose:
      "A whole set-up for a trade: queues, opening hours, greetings, results, reasons, skills, roles and fields of the card, in your language. What will be made is shown before anything is.",
    steps: [
      "Choose a trade and read the list; what is there already by that name is kept, not doubled.",
      "Apply it, then give it a number under [Numbers](/setup/numbers).",
      "Undo takes away what nobody has used or changed since, and says what it leaves.",
    ],
  },
  "setup/projects": {
    purpose:
      "A [[project|project]] is the work for one [[client|client]] or one service. Numbers, queues and customers belong to one, and customers of one are never shown in another's calls.",
    steps: [
      "One organisation with one service needs only the first project.",
      "Add a project for every client, then its queues and numbers.",
      "A project whose contract ended is retired: its past stays readable.",
    ],
  },
  "setup/queues": {
    purpose:
      "A [[queue|queue]] gathers calls of one kind for one group of agents. Here stand its members, what callers hear while they wait, and how long things may take.",
    steps: [
      "Add members: without any, callers hear that nobody is there.",
      "The [[serviceLevel|service level]] target decides when the floor turns yellow and red.",
      "With [[skill|skills]] the queue reaches only those who can help.",
      "[[priority|Priority]] says which queue goes first for an agent who serves several.",
      "For a team that does nothing but take calls, let them connect by themselves: a tone and the project's name come first.",
    ],
  },
  "setup/numbers": {
    purpose:
      "A [[number|number]] is what customers dial. It leads to a queue, speaks one language, begins with a [[greeting|greeting]] and takes calls only from the [[network|networks]] of your carrier.",
    steps: [
      "Add the number as customers dial it, with every spelling your carrier may send.",
      "Choose its [[openingHours|opening hours]]; without them it is always open.",
      "Where calls are recorded, the greeting has to say so: the [[recordingNotice|recording notice]].",
      "Press “Test call” at a number to try the whole way.",
    ],
  },
  "setup/hours": {
    purpose:
      "When numbers take calls: a week, and days that are different. Outside of it callers hear that you are closed, and their call waits in the [[lostCall|lost calls]] for somebody to call back.",
    steps: [
      "Give each weekday its hours; several stretches a day are fine, over midnight too.",
      "Holidays are exceptions with a name.",
      "Then choose the hours at each [number](/setup/numbers).",
      "Who already waits when the hours end goes on waiting.",
    ],
  },
  "setup/wrap-up-codes": {
    purpose:
      "[[wrapUpCode|Results]] say how a call ended; agents choose one in [[wrapUp|wrap-up]]. Few and clear ones are chosen rightly: ten are better than fifty.",
    steps: [
      "Write the result as an agent would say it: “Resolved”, “Complaint taken”.",
      "Give its name in every language in which your agents work.",
      "A retired result can't be chosen any more; old calls keep it.",
    ],
  },
  "setup/not-ready-reasons": {
    purpose:
      "[[reason|Reasons]] that agents choose when they stop taking calls. A reason may have a limit in minutes: past it the floor marks the agent.",
    steps: [
      "[[break|Break]] and [[lunch|lunch]] are enough for a start; add training, meeting, paperwork.",
      "Leave the [[personalBreak|personal break]] without a limit: it is never refused.",
    ],
  },
  "setup/skills": {
    purpose:
      "A [[skill|skill]] is what an agent can do, with a level: a language, a product. A queue that asks for skills reaches only those who have them.",
    steps: [
      "Add a skill here, give it to [people](/people), then ask for it at a [queue](/setup/queues).",
      "A queue may ask for less after a while, so that nobody waits for ever.",
    ],
  },
  "setup/prompts": {
    purpose:
      "Everything that callers hear, in three languages: [[greeting|greetings]], sentences, music. Listen to each, and put your own recording in its place.",
    steps: [
      "Record a WAV with mono sound in a quiet room, and choose it here: the next caller hears it.",
      "Own greetings and music are added under their own names and chosen at numbers and queues.",
      "The shipped recording can always be had back.",
    ],
  },
  "setup/devices": {
    purpose:
      "Desk phones, softphones and gateways that register here by SIP, each with its own name and password. Give one to a person, and they can let their calls ring at it instead of the browser.",
    steps: [
      "Add a phone and say which it is: a code to scan, an address that it fetches its setup from once, or fields to type.",
      "Lost the password? Set up anew makes another one and ends the old at once.",
      "Give it to a person. At their desk, a press on the phone's sign above lets them choose which of their phones rings.",
      "Each phone says here whether it is connected, from where, with which software, and what went wrong last.",
      "Give it an extension: colleagues dial it at their own phones. Whoever has chosen a phone lifts it and dials an extension or a number outside, by the rules of their desk; a refusal stands on its display and on their desk.",
      "Where the phone can answer by itself, switch it on under “Change”: then its person may answer on the screen too.",
    ],
  },
  "setup/trunks": {
    purpose:
      "The lines to your [[carrier|carriers]]. Each [[trunk|trunk]] says how you and the carrier know each other, where its servers are, which of your [[number|numbers]] it brings and how numbers are written there. What it says of itself stands in the list.",
    steps: [
      "Add a trunk with what the carrier sent you; most need a server, a user and a password.",
      "Red in the list? “Check” asks everything on the way and says which side is wrong.",
      "Numbers arrive in another form than yours? Add number rules and try them on a number before you save.",
      "Several addresses: a call goes on to the next one after silence or a fault, never after a busy line.",
    ],
  },
  "setup/outgoing-calls": {
    purpose:
      "Which [[number|numbers]] may be called out, when and how much. Whatever isn't named is denied, so that nobody calls abroad at your expense; emergency numbers always pass.",
    steps: [
      "Name the countries and prefixes that your work needs.",
      "Set caps for an agent, a project, a [[trunk|trunk]] and the whole centre.",
      "Try a number: the page says whether it may be called, and why not.",
    ],
  },
  "setup/network-doctor": {
    purpose:
      "Finds out why calls have no sound, phones don't register or calls break off. It knocks at the exchange's own doors, asks the [[carrier|carrier]] of each [[trunk|trunk]], looks at the [[certificate|certificate]], the clock and the audio ports, and tries this browser's way.",
    steps: [
      "Press “Look at everything”. What has to be done, and by whom, stands first.",
      "“Here” is yours to mend, “The carrier” theirs, “On the way” a router or firewall between.",
      "Send the result on: “Copy as text” writes it out for whoever keeps your network.",
      "The last looks are kept, so that you see what has changed.",
    ],
  },
  "setup/security": {
    purpose: "Addresses that were blocked because they guessed passwords or scanned the phones' port. Blocks end by themselves.",
    steps: [
      "Your own phone is among them? Correct its password, then lift the block.",
      "An address that comes again and again belongs into your firewall.",
    ],
  },
  "setup/customer-fields": {
    purpose:
      "What your organisation wants to know of a customer beyond name, numbers and note: a contract number, an address, a date. The fields stand on every [[customerCard|card]].",
    steps: [
      "Add a field with its name in each language and its kind: text, number or date.",
      "Put the ones that agents need first at the top.",
      "A retired field is hidden; what was written in it stays.",
    ],
  },
  roles: {
    purpose:
      "A [[role|role]] is a set of [[permission|permissions]] under one name. Three are built in: agent, team lead, administrator. Make your own where these don't fit.",
    steps: [
      "Begin with a copy of a role that nearly fits, then tick what it may.",
      "You can't give a right that you don't have.",
      "Changes reach everyone who holds the role at once.",
    ],
  },
  "setup/address": {
    purpose:
      "Under which addresses your centre is reached and whether browsers trust them. Only over HTTPS, or on this machine itself, do browsers give the microphone.",
    steps: [
      "In the office: use the local [[certificate|certificate]]; every other machine opens the install page once.",
      "With a public name: let it be fetched by itself.",
      "Behind a proxy: name the proxy in the program's settings.",
    ],
  },
  "setup/recordings": {
    purpose:
      "How [[recording|recordings]] are kept: lossless, or from a set age on in Opus, which takes about a fifth of the room. What is recorded at all is set with each queue.",
    steps: [
      "Set the days; zero keeps all recordings lossless.",
      "Old recordings are then made smaller one by one in the background, and each is compared with its original first.",
      "Below stands how many were done and how much room that saves.",
    ],
  },
  "setup/recorders": {
    purpose:
      "Recorders elsewhere that get [[recording|recorded]] talks too: an archive that the law asks for, or a system that listens to quality. They are reached by SIPREC; what is recorded here goes there live, with who took part.",
    steps: [
      "Add the recorder with its server. TLS with encrypted audio is the safe way.",
      "Choose it in each [queue](/setup/queues) whose calls it is to get; only what is recorded here goes there.",
      "A red line says that it doesn't answer. The calls go on, are recorded here all the same, and stand in the [gaps of recordings](/recording-gaps).",
    ],
  },
  "setup/traces": {
    purpose:
      "For how long the SIP messages of calls are kept. When a [[carrier|carrier]] or a phone misbehaves, they show who said what: open the [[contact|call]] under Contacts and choose “Show the SIP messages”.",
    steps: [
      "Set the days; zero keeps none.",
      "In the ladder a red arrow is a refusal; choose a message to read it whole.",
      "The capture file opens in packet analysers and can be sent to the carrier.",
    ],
  },
  "setup/maintenance": {
    purpose: "Letting the exchange run empty before an update or a restart: no new calls, those that are there go on to their end.",
    steps: [
      "Take no new calls, and watch how many are left; you can take it back at any moment.",
      "When none is left, stop the program: nobody was cut off.",
      "Who is still talking when a stop's time is over hears a sentence, and stands in the [[lostCall|lost calls]] as owed a call back.",
    ],
  },
  "setup/drills": {
    purpose:
      "Proof that calls survive: a part of the program is killed for real while callers of the drill's own listen, and what they went through is counted. Nobody's call is put at risk: while calls go on, no drill begins.",
    steps: [
      "Choose a quiet hour, say what is killed and how many callers listen, and type its name.",
      "core: calls go on, nobody should miss a moment of sound. edge: calls end; what counts is how soon a new caller is answered, and that each would stand in the [[lostCall|lost calls]] as owed a call back.",
      "Results stay with the version of the program: drill again after an update and compare.",
    ],
  },
  "setup/audit": {
    purpose:
      "Who changed what and when: settings, people, rights, listening to [[recording|recordings]]. The entries are chained, so that nobody can take one out unseen.",
    steps: ["Narrow it by person, kind or day.", "An entry shows what stood before and after."],
  },
};
