-- What the first release (schema 0001) wrote: its own rows, dumped from its database.
INSERT INTO "gaita_deadlines" VALUES('due',1,'a.soon',1709542800000000,1709542800000000,1710453600000000,0,NULL,NULL,NULL);
INSERT INTO "gaita_deadlines" VALUES('moved',1,'a.soon',1709542800000000,1709542800000000,1710453600000000,0,'met',1709629200000000,NULL);
INSERT INTO "gaita_deadlines" VALUES('fails',1,'a.soon',1709542800000000,1709542800000000,1710453600000000,0,NULL,NULL,NULL);
INSERT INTO "gaita_deadlines" VALUES('done',1,'a.soon',1709542800000000,1709542800000000,1710453600000000,0,'met',1709629200000000,NULL);
INSERT INTO "gaita_deadlines" VALUES('moved',2,'b.long',1709629200000000,1709629200000000,1711404000000000,0,NULL,NULL,NULL);
INSERT INTO "gaita_instances" VALUES('due','case',1,'a','{"count":0,"name":"Ādaži"}',1709542800000000,1709542800000000,'{}',1,3,NULL,4,'be1d2d25562e7ee6e6d00af52a0862d27469327600369ec760c1f800632be41f','due
adazi');
INSERT INTO "gaita_instances" VALUES('moved','case',1,'b','{"count":2}',1709629200000000,1709542800000000,'{}',2,3,NULL,3,'2e80275e144b451780e690cde6278f79bf0763926144c61fb6a3eb035b158c87','moved');
INSERT INTO "gaita_instances" VALUES('fails','case',1,'a','{"count":0}',1709542800000000,1709542800000000,'{}',1,3,NULL,3,'54645c5e72366ec1442ef7d432bbc8ab01375116a00ef4e90d5c64ef84ec2021','fails');
INSERT INTO "gaita_instances" VALUES('done','case',1,'end','{"count":0,"name":"Ķeizars"}',1709629200000000,1709542800000000,'{}',1,3,NULL,3,'f53ef1cb9d39748c7dbcfd38afae5e025d97a4753dd0e31c420a656264d30678','done
keizars');
INSERT INTO "gaita_keys" VALUES('due','k1','6ede324dad0308fcdd662ea91735d3ffc5a9ee6ba5802432e640262b52e8acee',1,1709542800000000);
INSERT INTO "gaita_messages" VALUES(1,'due/1/0/clerk','reminder','clerk','due','case@1','a','a.soon',1,1710453600000000,1710194401000000,1710194401000000,1,NULL);
INSERT INTO "gaita_messages" VALUES(2,'fails/1/0/clerk','reminder','clerk','fails','case@1','a','a.soon',1,1710453600000000,1710194401000000,NULL,1,'OSError: away');
INSERT INTO "gaita_messages" VALUES(3,'due/1/1/clerk','due','clerk','due','case@1','a','a.soon',1,1710453600000000,1710457200000000,NULL,0,NULL);
INSERT INTO "gaita_messages" VALUES(4,'fails/1/1/clerk','due','clerk','fails','case@1','a','a.soon',1,1710453600000000,1710457200000000,NULL,0,NULL);
INSERT INTO "gaita_records" VALUES('due',1,'{"actor":"system","armed":[{"deadline":1,"due":"2024-03-14T22:00:00Z","rule":"a.soon","since":"2024-03-04T09:00:00Z","timers":[[0,"2024-03-11T22:00:00Z"],[1,"2024-03-14T22:00:00Z"],[2,"2024-03-19T22:00:00Z"]]}],"at":"2024-03-04T09:00:00Z","data":{"count":0,"name":"Ādaži"},"instance":"due","kind":"started","moves":[{"to":"a","transition":0}],"previous":"0000000000000000000000000000000000000000000000000000000000000000","roles":[],"sequence":1,"state":"a","workflow":"case@1"}','f9ed6f288946511ac06b864581af9aac254f14e79fe3a601525b7114ca3edcff');
INSERT INTO "gaita_records" VALUES('moved',1,'{"actor":"system","armed":[{"deadline":1,"due":"2024-03-14T22:00:00Z","rule":"a.soon","since":"2024-03-04T09:00:00Z","timers":[[0,"2024-03-11T22:00:00Z"],[1,"2024-03-14T22:00:00Z"],[2,"2024-03-19T22:00:00Z"]]}],"at":"2024-03-04T09:00:00Z","data":{"count":0},"instance":"moved","kind":"started","moves":[{"to":"a","transition":0}],"previous":"0000000000000000000000000000000000000000000000000000000000000000","roles":[],"sequence":1,"state":"a","workflow":"case@1"}','01e10ef6c05e4d8304add7705135e0ea5f45120fd73a3027d12c82fb3bf5ee80');
INSERT INTO "gaita_records" VALUES('fails',1,'{"actor":"system","armed":[{"deadline":1,"due":"2024-03-14T22:00:00Z","rule":"a.soon","since":"2024-03-04T09:00:00Z","timers":[[0,"2024-03-11T22:00:00Z"],[1,"2024-03-14T22:00:00Z"],[2,"2024-03-19T22:00:00Z"]]}],"at":"2024-03-04T09:00:00Z","data":{"count":0},"instance":"fails","kind":"started","moves":[{"to":"a","transition":0}],"previous":"0000000000000000000000000000000000000000000000000000000000000000","roles":[],"sequence":1,"state":"a","workflow":"case@1"}','33645fd3600358ad1e1da3b2190479ab43c98ad36b7b992305d3e901f52d2d9b');
INSERT INTO "gaita_records" VALUES('done',1,'{"actor":"system","armed":[{"deadline":1,"due":"2024-03-14T22:00:00Z","rule":"a.soon","since":"2024-03-04T09:00:00Z","timers":[[0,"2024-03-11T22:00:00Z"],[1,"2024-03-14T22:00:00Z"],[2,"2024-03-19T22:00:00Z"]]}],"at":"2024-03-04T09:00:00Z","data":{"count":0},"instance":"done","kind":"started","moves":[{"to":"a","transition":0}],"previous":"0000000000000000000000000000000000000000000000000000000000000000","roles":[],"sequence":1,"state":"a","workflow":"case@1"}','34892e9bb4ff0a3b7a398768eca445aa34755b2ceabf1d86106357ace3521977');
INSERT INTO "gaita_records" VALUES('done',2,'{"actor":"ilze","at":"2024-03-04T09:00:00Z","data":{"name":"Ķeizars"},"fields":["name"],"instance":"done","kind":"data_set","previous":"34892e9bb4ff0a3b7a398768eca445aa34755b2ceabf1d86106357ace3521977","roles":["clerk"],"sequence":2,"state":"a","workflow":"case@1"}','b5b2ba6632a2101850625f72042a05d2e34b921f1c9cc16d3df3041fb4fc47e7');
INSERT INTO "gaita_records" VALUES('moved',2,'{"actor":"system","at":"2024-03-05T09:00:00Z","data":{"count":2},"event":"add","instance":"moved","kind":"fired","moves":[{"from":"a","internal":true,"to":"a","transition":1}],"payload":{"by":2},"previous":"01e10ef6c05e4d8304add7705135e0ea5f45120fd73a3027d12c82fb3bf5ee80","roles":[],"sequence":2,"state":"a","workflow":"case@1"}','512fa59dd23e189c27ff3c03ff7b8a3ace119592ebe55f0e61b5de7785f1abb6');
INSERT INTO "gaita_records" VALUES('moved',3,'{"actor":"ilze","armed":[{"deadline":2,"due":"2024-03-25T22:00:00Z","rule":"b.long","since":"2024-03-05T09:00:00Z","timers":[[0,"2024-03-25T22:00:00Z"]]}],"at":"2024-03-05T09:00:00Z","ended":[{"deadline":1,"ending":"met","late":0}],"event":"go","evidence":{"data.count":2},"instance":"moved","kind":"fired","moves":[{"from":"a","to":"b","transition":2}],"payload":{},"previous":"512fa59dd23e189c27ff3c03ff7b8a3ace119592ebe55f0e61b5de7785f1abb6","roles":[],"sequence":3,"state":"b","workflow":"case@1"}','2e80275e144b451780e690cde6278f79bf0763926144c61fb6a3eb035b158c87');
INSERT INTO "gaita_records" VALUES('due',2,'{"actor":"system","at":"2024-03-05T09:00:00Z","event":"go","explanation":{"candidates":[{"clauses":[{"id":"enough","read":{"data.count":0},"verdict":"unmet"}],"transition":2,"verdict":"guard"}],"event":"go","ground":"guard"},"instance":"due","kind":"refused","payload":{},"previous":"f9ed6f288946511ac06b864581af9aac254f14e79fe3a601525b7114ca3edcff","refusal":"f12bde60ca7687f4fe03bcf61a702432aa6df537a20280e8967d44670c9cb268","roles":[],"sequence":2,"state":"a","workflow":"case@1"}','01a7e4bcb7738d4054b78617c0477c78c493dc433cae3430a971d02cad71804f');
INSERT INTO "gaita_records" VALUES('done',3,'{"actor":"system","at":"2024-03-05T09:00:00Z","ended":[{"deadline":1,"ending":"met","late":0}],"event":"finish","instance":"done","kind":"fired","moves":[{"from":"a","to":"end","transition":4}],"payload":{},"previous":"b5b2ba6632a2101850625f72042a05d2e34b921f1c9cc16d3df3041fb4fc47e7","roles":[],"sequence":3,"state":"end","workflow":"case@1"}','f53ef1cb9d39748c7dbcfd38afae5e025d97a4753dd0e31c420a656264d30678');
INSERT INTO "gaita_records" VALUES('due',3,'{"actor":"engine","at":"2024-03-11T22:00:01Z","deadline":1,"instance":"due","kind":"timer","late":1000000,"messages":["due/1/0/clerk"],"previous":"01a7e4bcb7738d4054b78617c0477c78c493dc433cae3430a971d02cad71804f","sequence":3,"state":"a","timer":0,"workflow":"case@1"}','84e24f0a6dd726f64e3f4f5de41c2aef1aa6d99de82a1af29cb06ed56ad5d170');
INSERT INTO "gaita_records" VALUES('fails',2,'{"actor":"engine","at":"2024-03-11T22:00:01Z","deadline":1,"instance":"fails","kind":"timer","late":1000000,"messages":["fails/1/0/clerk"],"previous":"33645fd3600358ad1e1da3b2190479ab43c98ad36b7b992305d3e901f52d2d9b","sequence":2,"state":"a","timer":0,"workflow":"case@1"}','d1c2190b668dfe952fc6e67e44043a80801ebc77ba7b42cb791a763c1b4048e6');
INSERT INTO "gaita_records" VALUES('due',4,'{"actor":"engine","at":"2024-03-14T23:00:00Z","deadline":1,"instance":"due","kind":"timer","late":3600000000,"messages":["due/1/1/clerk"],"previous":"84e24f0a6dd726f64e3f4f5de41c2aef1aa6d99de82a1af29cb06ed56ad5d170","sequence":4,"state":"a","timer":1,"workflow":"case@1"}','be1d2d25562e7ee6e6d00af52a0862d27469327600369ec760c1f800632be41f');
INSERT INTO "gaita_records" VALUES('fails',3,'{"actor":"engine","at":"2024-03-14T23:00:00Z","deadline":1,"instance":"fails","kind":"timer","late":3600000000,"messages":["fails/1/1/clerk"],"previous":"d1c2190b668dfe952fc6e67e44043a80801ebc77ba7b42cb791a763c1b4048e6","sequence":3,"state":"a","timer":1,"workflow":"case@1"}','54645c5e72366ec1442ef7d432bbc8ab01375116a00ef4e90d5c64ef84ec2021');
INSERT INTO "gaita_timers" VALUES('due',1,0,1710194400000000,'fired',1710194401000000,1000000,NULL);
INSERT INTO "gaita_timers" VALUES('due',1,1,1710453600000000,'fired',1710457200000000,3600000000,NULL);
INSERT INTO "gaita_timers" VALUES('due',1,2,1710885600000000,NULL,NULL,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('moved',1,0,1710194400000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('moved',1,1,1710453600000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('moved',1,2,1710885600000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('fails',1,0,1710194400000000,'fired',1710194401000000,1000000,NULL);
INSERT INTO "gaita_timers" VALUES('fails',1,1,1710453600000000,'fired',1710457200000000,3600000000,NULL);
INSERT INTO "gaita_timers" VALUES('fails',1,2,1710885600000000,NULL,NULL,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('done',1,0,1710194400000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('done',1,1,1710453600000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('done',1,2,1710885600000000,'cancelled',1709629200000000,NULL,NULL);
INSERT INTO "gaita_timers" VALUES('moved',2,0,1711404000000000,NULL,NULL,NULL,NULL);
INSERT INTO "gaita_workflows" VALUES('case',1,'1d1372aba5826deef88abf51766719fc5d685c6d5b2a3ad94c767351cb9eea85','
language = 1
[workflow]
id = "case"
initial = "a"
time_zone = "Europe/Riga"

[data.count]
type = "integer"
default = 0
[data.name]
type = "string"
by = "clerk"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.soon]
within = "10 days"
remind = [{ before = "3 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "5 days", to = "chief" }]
[states.b]
[states.b.deadlines.long]
within = "20 days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
verdict = "closed"
[events.add]
payload = { by = { type = "integer", min = 1 } }
[events.go]
[events.back]
[events.finish]
[[transitions]]
event = "add"
from = ["a", "b"]
set = { count = "data.count + event.by" }
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = [{ id = "enough", check = "data.count >= 2", why = { en = "Counted to two" } }]
[[transitions]]
event = "back"
from = "b"
to = "a"
by = "clerk"
[[transitions]]
event = "finish"
from = "any"
to = "end"
',1709542800000000);
