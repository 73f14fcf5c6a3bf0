BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('operator', 'technician', 'manager', 'administrator')),
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked_until INTEGER
) STRICT;
INSERT INTO "account" VALUES('li','manager','$argon2id$',0,0,1772352000000000);
CREATE TABLE adjustment_decision (
    proposal INTEGER NOT NULL PRIMARY KEY REFERENCES adjustment_proposal (id),
    reason TEXT,
    at INTEGER NOT NULL,
    decided_by TEXT NOT NULL
) STRICT;
CREATE TABLE adjustment_line (
    proposal INTEGER NOT NULL REFERENCES adjustment_proposal (id),
    position INTEGER NOT NULL CHECK (position > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    PRIMARY KEY (proposal, position, statement)
) STRICT;
CREATE TABLE adjustment_proposal (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    certificate TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    items TEXT NOT NULL,
    at INTEGER NOT NULL,
    proposed_by TEXT NOT NULL,
    FOREIGN KEY (certificate, version) REFERENCES calibration (number, version)
) STRICT;
CREATE TABLE agent (
    workstation TEXT NOT NULL PRIMARY KEY,
    pid INTEGER NOT NULL,
    at INTEGER NOT NULL,
    version TEXT NOT NULL
) STRICT;
INSERT INTO "agent" VALUES('WS-1',77,1772352000000000,'0.1.0');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE attachment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    name TEXT NOT NULL CHECK (length(name) > 0),
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 20971520),
    at INTEGER NOT NULL,
    attached_by TEXT NOT NULL
) STRICT;
INSERT INTO "attachment" VALUES(1,'ST-2026-000001','回执.pdf','application/pdf','315d429b7714cedb6ad04ac31240145257692630457f3c88253c5beceac76027',X'25504446',1772352000000000,'li');
CREATE TABLE audit (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    workstation TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT,
    after TEXT,
    result TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO "audit" VALUES(1,1772352000000000,'li','WS-1','import','printer-1',NULL,'{"名":"一"}','done','834ae638cb82cc016f26224b5e5e85990ad46f50d8619fa0ff227c443a1c843a');
INSERT INTO "audit" VALUES(2,1772352000000000,'li','WS-1','session.start','printer-1',NULL,'{"名":"一"}','done','c945296fdf3069b4665e52dce5d36b245a1af844941ca5ca622ae1123cf2653a');
INSERT INTO "audit" VALUES(3,1772352000000000,'li','WS-1','session.stop','printer-1',NULL,'{"名":"一"}','done','faf3940871afbfef6260008e1795d6c5a2b5ae905e44250dd85b4ce47e29d4bb');
INSERT INTO "audit" VALUES(4,1772352000000000,'li','WS-1','issue','printer-1',NULL,'{"名":"一"}','done','c0c4e04bd81ef4d7b40945bc42059e378cfbf96b8a63047241fa97ab68c2534f');
CREATE TABLE automation (
    machine TEXT NOT NULL PRIMARY KEY REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    job TEXT,
    enabled INTEGER NOT NULL
) STRICT;
INSERT INTO "automation" VALUES('printer-1','anping',NULL,1);
CREATE TABLE billed_session (
    statement TEXT NOT NULL REFERENCES statement (number),
    session TEXT NOT NULL REFERENCES session (id),
    start_on TEXT NOT NULL,
    settled INTEGER NOT NULL,
    PRIMARY KEY (statement, session, start_on)
) STRICT;
CREATE TABLE budget (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    contract TEXT NOT NULL,
    amount_fen INTEGER CHECK (amount_fen > 0),
    period TEXT NOT NULL CHECK (period IN ('month', 'total')),
    warn TEXT NOT NULL CHECK (warn NOT GLOB '*[^-0-9.]*' AND warn GLOB '*[0-9]'
        AND warn NOT GLOB '?*-*' AND warn NOT GLOB '*.*.*'
        AND (warn GLOB '[0-9]*' OR warn GLOB '-[0-9]*')),
    at INTEGER NOT NULL,
    set_by TEXT NOT NULL
) STRICT;
INSERT INTO "budget" VALUES(1,'c-1',100000,'month','0.8',1772352000000000,'li');
CREATE TABLE bus_health (
    bus TEXT NOT NULL PRIMARY KEY,
    workstation TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
INSERT INTO "bus_health" VALUES('rs485-1','WS-1',1772352000000000,'{"answers":4}');
CREATE TABLE bus_lease (
    bus TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    until INTEGER NOT NULL
) STRICT;
INSERT INTO "bus_lease" VALUES('rs485-1','WS-1/77',1,1772352015000000);
CREATE TABLE calibration (
    number TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    series TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    instrument_version INTEGER NOT NULL,
    standard TEXT NOT NULL,
    standard_version INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (number, version),
    UNIQUE (series, seq, version),
    FOREIGN KEY (meter, quantity, instrument_version)
        REFERENCES instrument (meter, quantity, version),
    FOREIGN KEY (standard, standard_version) REFERENCES reference_standard (id, version)
) STRICT;
CREATE TABLE calibration_attachment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    number TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL CHECK (length(name) > 0),
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 20971520),
    at INTEGER NOT NULL,
    attached_by TEXT NOT NULL,
    FOREIGN KEY (number, version) REFERENCES calibration (number, version)
) STRICT;
CREATE TABLE calibration_review (
    number TEXT NOT NULL,
    version INTEGER NOT NULL,
    reviewed_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (number, version, reviewed_by),
    FOREIGN KEY (number, version) REFERENCES calibration (number, version)
) STRICT;
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    last_seq INTEGER NOT NULL CHECK (last_seq > 0),
    head TEXT
) STRICT;
INSERT INTO "counter" VALUES('audit',4,'c0c4e04bd81ef4d7b40945bc42059e378cfbf96b8a63047241fa97ab68c2534f');
INSERT INTO "counter" VALUES('reading:WS-1',4,'f10e5116b555deec14dd866688a5aa55b6e2bf7e9dbbfc00f10d0bcee0a2fe17');
INSERT INTO "counter" VALUES('state-change:WS-1',1,NULL);
INSERT INTO "counter" VALUES('request',1,NULL);
INSERT INTO "counter" VALUES('meter-identity',1,NULL);
INSERT INTO "counter" VALUES('machine-job',1,NULL);
INSERT INTO "counter" VALUES('session',2,NULL);
INSERT INTO "counter" VALUES('session-correction',1,NULL);
INSERT INTO "counter" VALUES('session-dispute',1,NULL);
INSERT INTO "counter" VALUES('tariff-draft',1,NULL);
INSERT INTO "counter" VALUES('holiday-year',1,NULL);
INSERT INTO "counter" VALUES('qualification',1,NULL);
INSERT INTO "counter" VALUES('qualification-rule',1,NULL);
INSERT INTO "counter" VALUES('reservation-grace',1,NULL);
INSERT INTO "counter" VALUES('reservation',1,NULL);
INSERT INTO "counter" VALUES('budget',1,NULL);
INSERT INTO "counter" VALUES('statement:ST-2026',1,NULL);
INSERT INTO "counter" VALUES('statement-event',1,NULL);
INSERT INTO "counter" VALUES('attachment',1,NULL);
INSERT INTO "counter" VALUES('credit-proposal',1,NULL);
INSERT INTO "counter" VALUES('period-lock',1,NULL);
INSERT INTO "counter" VALUES('record:urn:shared-factory:renze-01:WS-1',2,NULL);
INSERT INTO "counter" VALUES('receipt',1,NULL);
INSERT INTO "counter" VALUES('seal',30,'c92b17fdaaf21fdf840949b02c9b5d77c9b6ee32a5a30bf490403e52ead33bde');
CREATE TABLE credit_decision (
    proposal INTEGER NOT NULL PRIMARY KEY REFERENCES credit_proposal (id),
    credit TEXT REFERENCES statement (number),
    reason TEXT,
    at INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    CHECK ((credit IS NULL) = (reason IS NOT NULL))
) STRICT;
INSERT INTO "credit_decision" VALUES(1,NULL,'it is right',1772352000000000,'boss');
CREATE TABLE credit_proposal (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    lines TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    at INTEGER NOT NULL,
    proposed_by TEXT NOT NULL
) STRICT;
INSERT INTO "credit_proposal" VALUES(1,'ST-2026-000001','[1]','twice',1772352000000000,'li');
CREATE TABLE credited_line (
    statement TEXT NOT NULL REFERENCES statement (number),
    line INTEGER NOT NULL CHECK (line > 0),
    session TEXT,
    credit TEXT NOT NULL REFERENCES statement (number),
    PRIMARY KEY (statement, line)
) STRICT;
CREATE TABLE delivery (
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'quarantined')),
    PRIMARY KEY (platform, source, seq),
    FOREIGN KEY (source, seq) REFERENCES record (source, seq)
) STRICT;
INSERT INTO "delivery" VALUES('province','urn:shared-factory:renze-01:WS-1',1,'sent');
INSERT INTO "delivery" VALUES('province','urn:shared-factory:renze-01:WS-1',2,'pending');
CREATE TABLE floor_item (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    position INTEGER NOT NULL,
    retired INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, valid_from)
) STRICT;
INSERT INTO "floor_item" VALUES('factory','renze-01','',0,0,'{"id":"renze-01","identifier_prefix":"88.608.8889","name":"任泽共享喷涂车间"}');
INSERT INTO "floor_item" VALUES('bus','rs485-1','',1,0,'{"id":"rs485-1","port":"/dev/ttyUSB0","transport":"serial"}');
INSERT INTO "floor_item" VALUES('meter','M-1','',2,0,'{"bus":"rs485-1","id":"M-1","profile":"eastron-sdm630","ratio_ct":"20.0","unit":7}');
INSERT INTO "floor_item" VALUES('machine','printer-1','',3,0,'{"id":"printer-1","kind":"3d-printer","measure":[{"meter":"M-1","name":"energy_wh","quantity":"energy_wh"}],"name":"3D打印机 1号","state":{"idle_from":"20","meter":"M-1","quantity":"power_w","working_from":"150.5"}}');
INSERT INTO "floor_item" VALUES('machine','welder-1','',4,0,'{"id":"welder-1","kind":"welder","name":"焊机"}');
INSERT INTO "floor_item" VALUES('tenant','hengshui','',5,0,'{"id":"hengshui","name":"衡水工程"}');
INSERT INTO "floor_item" VALUES('tenant','anping','',6,0,'{"class":"member","id":"anping","name":"安平丝网"}');
INSERT INTO "floor_item" VALUES('tariff','printer','2026-01-01',7,0,'{"charge":[{"basis":"time","clock":"working","id":"machine-time","model":"unit","name":"机时费","price":"60.00","tax_rate":"0.13","unit":"h"}],"id":"printer","name":"打印","tax_mode":"inclusive","valid_from":{"$date":"2026-01-01"}}');
INSERT INTO "floor_item" VALUES('tariff','printer','2026-02-01',8,0,'{"charge":[{"basis":"time","clock":"working","id":"machine-time","model":"unit","name":"机时费","price":"60.00","tax_rate":"0.13","unit":"h"}],"id":"printer","name":"打印","tax_mode":"inclusive","valid_from":{"$date":"2026-02-01"}}');
INSERT INTO "floor_item" VALUES('contract','c-1','',9,0,'{"id":"c-1","machines":["printer-1"],"tariff":"printer","tenant":"anping","valid_from":{"$date":"2026-01-01"}}');
INSERT INTO "floor_item" VALUES('platform','province','',10,0,'{"id":"province","kind":"http","url":"http://127.0.0.1:1"}');
CREATE TABLE holiday_year (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    year INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (length(source) > 0),
    rest_days TEXT NOT NULL,
    moved_workdays TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;
INSERT INTO "holiday_year" VALUES(1,2027,'通知','["2027-01-01"]','["2027-01-09"]','li',1772352000000000);
CREATE TABLE instrument (
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (meter, quantity, version)
) STRICT;
CREATE TABLE ledger_line (
    transaction_seq INTEGER NOT NULL
        REFERENCES ledger_transaction (seq) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL CHECK (position > 0),
    account TEXT NOT NULL CHECK (account IN ('receivable', 'revenue', 'output-vat', 'bank',
        'cash', 'e-cny', 'prepaid', 'deposit', 'voucher-receivable', 'rounding')),
    item TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen <> 0),
    PRIMARY KEY (transaction_seq, position)
) STRICT;
CREATE TABLE ledger_transaction (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    booked_on TEXT NOT NULL,
    refers TEXT,
    method TEXT CHECK (method IN ('bank', 'cash', 'e-cny')),
    reference TEXT CHECK (reference <> ''),
    reverses INTEGER UNIQUE REFERENCES ledger_transaction (seq),
    reason TEXT,
    booked_by TEXT NOT NULL,
    hash TEXT NOT NULL,
    CHECK ((method IS NULL) = (reference IS NULL)),
    CHECK ((event = 'reversal') = (reverses IS NOT NULL)),
    CHECK (reverses < seq)
) STRICT;
CREATE TABLE machine (id TEXT NOT NULL PRIMARY KEY) STRICT;
INSERT INTO "machine" VALUES('printer-1');
INSERT INTO "machine" VALUES('welder-1');
CREATE TABLE machine_job (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    meter TEXT NOT NULL,
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    start_at INTEGER,
    end_at INTEGER,
    run_time_s TEXT CHECK (run_time_s NOT GLOB '*[^-0-9.]*' AND run_time_s GLOB '*[0-9]'
        AND run_time_s NOT GLOB '?*-*' AND run_time_s NOT GLOB '*.*.*'
        AND (run_time_s GLOB '[0-9]*' OR run_time_s GLOB '-[0-9]*')),
    filament_mm TEXT CHECK (filament_mm NOT GLOB '*[^-0-9.]*' AND filament_mm GLOB '*[0-9]'
        AND filament_mm NOT GLOB '?*-*' AND filament_mm NOT GLOB '*.*.*'
        AND (filament_mm GLOB '[0-9]*' OR filament_mm GLOB '-[0-9]*')),
    estimated INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
) STRICT;
INSERT INTO "machine_job" VALUES(1,'M-1','0000A1','支架.gcode','completed',1772352000000000,1772352060000000,'60','12.5',0,1772352000000000);
CREATE TABLE machine_rule (
    machine TEXT NOT NULL PRIMARY KEY REFERENCES machine (id),
    idle_end_s INTEGER CHECK (idle_end_s > 0)
) STRICT;
INSERT INTO "machine_rule" VALUES('printer-1',7200);
CREATE TABLE meter_identity (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    meter TEXT NOT NULL,
    identity TEXT NOT NULL CHECK (length(identity) > 0),
    at INTEGER NOT NULL,
    accepted_by TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
INSERT INTO "meter_identity" VALUES(1,'M-1','23070915',1772352000000000,'WS-1','first-seen');
CREATE TABLE period_lock (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    start_on TEXT NOT NULL,
    end_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('soft', 'hard', 'open')),
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    at INTEGER NOT NULL,
    noted_by TEXT NOT NULL,
    CHECK (start_on < end_on)
) STRICT;
INSERT INTO "period_lock" VALUES(1,'2026-01-01','2026-02-01','soft','closed',1772352000000000,'li');
CREATE TABLE platform (
    id TEXT NOT NULL PRIMARY KEY,
    retired INTEGER NOT NULL
) STRICT;
INSERT INTO "platform" VALUES('province',0);
CREATE TABLE platform_state (
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (platform, source)
) STRICT;
INSERT INTO "platform_state" VALUES('province','urn:shared-factory:renze-01:WS-1','{"failures":0}');
CREATE TABLE qualification (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    person TEXT,
    scope TEXT NOT NULL CHECK (scope IN ('machine', 'kind')),
    subject TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    certificate TEXT NOT NULL,
    at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to > valid_from)
) STRICT;
INSERT INTO "qualification" VALUES('Q-000001','anping',NULL,'kind','welder','2026-03-01',NULL,'H-7',1772352000000000,'li');
CREATE TABLE qualification_revocation (
    qualification TEXT NOT NULL PRIMARY KEY REFERENCES qualification (id),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    revoked_by TEXT NOT NULL
) STRICT;
INSERT INTO "qualification_revocation" VALUES('Q-000001','accident',1772352000000000,'li');
CREATE TABLE qualification_rule (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    scope TEXT NOT NULL CHECK (scope IN ('machine', 'kind')),
    subject TEXT NOT NULL,
    required INTEGER NOT NULL,
    at INTEGER NOT NULL,
    ruled_by TEXT NOT NULL
) STRICT;
INSERT INTO "qualification_rule" VALUES(1,'machine','welder-1',1,1772352000000000,'li');
CREATE TABLE reading (
    workstation TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    meter TEXT NOT NULL,
    quantity TEXT NOT NULL,
    value TEXT CHECK (value NOT GLOB '*[^-0-9.]*' AND value GLOB '*[0-9]'
        AND value NOT GLOB '?*-*' AND value NOT GLOB '*.*.*'
        AND (value GLOB '[0-9]*' OR value GLOB '-[0-9]*')),
    raw TEXT,
    at INTEGER NOT NULL,
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect', 'substitute', 'missing')),
    reason TEXT NOT NULL,
    fault TEXT,
    monotonic_ns INTEGER NOT NULL,
    clock TEXT NOT NULL,
    profile TEXT NOT NULL,
    calibration INTEGER NOT NULL,
    bus TEXT,
    epoch INTEGER NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (workstation, seq),
    CHECK ((value IS NULL) = (quality = 'missing'))
) STRICT;
INSERT INTO "reading" VALUES('WS-1',1,'M-1','energy_wh','1000','4640E400',1772352000000000,'good','interval',NULL,0,'steady','',0,'rs485-1',1,'375ecce389a448b77013d6a7eb401292d0775923dfe02dd65f26a3b3376b0068');
INSERT INTO "reading" VALUES('WS-1',2,'M-1','energy_wh','1001','4640E400',1772352060000000,'good','interval',NULL,0,'steady','',0,'rs485-1',1,'5182e7b546d53695a29f32c51b58188fed1ef810cadba10fc230471e80d47240');
INSERT INTO "reading" VALUES('WS-1',3,'M-1','energy_wh','1002','4640E400',1772352120000000,'good','interval',NULL,0,'steady','',0,'rs485-1',1,'bbf4b8200afef37abc94849882433231344828c48332f80f639a62e0b1385156');
INSERT INTO "reading" VALUES('WS-1',4,'M-1','energy_wh','1003','4640E400',1772352180000000,'good','interval',NULL,0,'steady','',0,'rs485-1',1,'f10e5116b555deec14dd866688a5aa55b6e2bf7e9dbbfc00f10d0bcee0a2fe17');
CREATE TABLE receipt (
    id INTEGER NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL REFERENCES platform (id),
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('accepted', 'duplicate', 'rejected')),
    at INTEGER NOT NULL,
    receipt TEXT,
    code TEXT,
    message TEXT,
    FOREIGN KEY (source, seq) REFERENCES record (source, seq)
) STRICT;
INSERT INTO "receipt" VALUES(1,'province','urn:shared-factory:renze-01:WS-1',1,'accepted',1772352000000000,'R-1',NULL,NULL);
CREATE TABLE record (
    source TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (source, seq)
) STRICT;
INSERT INTO "record" VALUES('urn:shared-factory:renze-01:WS-1',1,'statement.issued',1772352000000000,'ST-2026-000001','{"totals":{"gross":"90.00"}}',1772352000000000);
INSERT INTO "record" VALUES('urn:shared-factory:renze-01:WS-1',2,'machine.registered',1772352000000000,'printer-1','{"machine":"printer-1"}',1772352000000000);
CREATE TABLE reference_standard (
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    due TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;
CREATE TABLE request (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    bus TEXT NOT NULL,
    subject TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    taken_by TEXT,
    taken_at INTEGER,
    answered_at INTEGER,
    answer TEXT
) STRICT;
INSERT INTO "request" VALUES(1,'read','rs485-1','M-1',20,'calibration','li',1772352000000000,NULL,NULL,NULL,NULL);
CREATE TABLE reservation (
    id TEXT NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    job TEXT,
    grace_s INTEGER NOT NULL CHECK (grace_s > 0),
    at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    CHECK (start_at < end_at)
) STRICT;
INSERT INTO "reservation" VALUES('R-000001','printer-1','anping',1772352000000000,1772352060000000,NULL,600,1772352000000000,'li');
CREATE TABLE reservation_cancellation (
    reservation TEXT NOT NULL PRIMARY KEY REFERENCES reservation (id),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    cancelled_by TEXT NOT NULL
) STRICT;
INSERT INTO "reservation_cancellation" VALUES('R-000001','no material',1772352000000000,'li');
CREATE TABLE reservation_grace (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    machine TEXT NOT NULL REFERENCES machine (id),
    grace_s INTEGER NOT NULL CHECK (grace_s > 0),
    at INTEGER NOT NULL,
    ruled_by TEXT NOT NULL
) STRICT;
INSERT INTO "reservation_grace" VALUES(1,'printer-1',600,1772352000000000,'li');
CREATE TABLE seal (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    UNIQUE (subject, key)
) STRICT;
INSERT INTO "seal" VALUES(1,'state_change','WS-1/1','7a66d5a82bdc68efa45a449f6ab7ac8b2453eac4bd679b5802c38af48458c11f','c5105234c6b71c6e5e692b4f099f374976f37bef2f32b4ccb7dd6b8b4493ccac');
INSERT INTO "seal" VALUES(2,'meter_identity','1','5c8081dbf257750a2fc7e03f94f88d1e48ed47676354aa3ed454c7acf8fb946e','02f2526cd66276b356b64cdd0cd2cf58333b720d507ed57ffb813f41a7045a21');
INSERT INTO "seal" VALUES(3,'machine_job','1','65c2da09f5b007f104a4da5e01ccaa84aa236a4a10b8cf01ef981ea2449d0190','92a902f7431b340a3f50ecd83cbbfd8d0f24ea40d14a6e7b2108672fffd04e8d');
INSERT INTO "seal" VALUES(4,'session_use','paper-1','800a9f202192fd932ce6e3443259c6741661b38517cd07976f75d9f67ede7e6d','f0535a5397bb7392c345f767eee095991ccdb6e827da10b2c415a90a18351fed');
INSERT INTO "seal" VALUES(5,'session_use','paper-2','e46e35060ccf682dfdb568cb5a879a64b10945d6a8995616f3d777edffce1ca0','b20345b7bdb54fb7132dc56aa8e8650c30f499bb41fb819caa3e32950183ab43');
INSERT INTO "seal" VALUES(6,'session_use','S-000002','a3b2a27c4307cb1009254d0ce21f91b0cc60a4c5172ea8910822da2a6ecfbfb7','5307ee110d590ed984b8813675b946d9c5a34cb31777a63cae841d996dabf54f');
INSERT INTO "seal" VALUES(7,'session_correction','1','07010c380c316500c2ba31f1f4e9e4f3c9ced04165f92662dc91c500f3c6b22c','4e8400f990df5c7e5a3a172ff01a9a78b1b6411a0f77440b9d0ba7add1dcc87b');
INSERT INTO "seal" VALUES(8,'session_dispute','1','763ac65bab1a11704bee00a2e6614e928e45d8bc98924f01a5116cbae2a8df6a','17b1d8d9bf8d495f8c2678486cb2163d3dc9782403fd0eb7736cb2b6c9c59e0a');
INSERT INTO "seal" VALUES(9,'tariff_draft','1','adc0edc4c68c709c18a1aa4655fe7b34218dc652fd353a183bb28c6bf47c0383','594dde12525a48f255f0dde9d47dfbf04836ffbc0dc1e7773f99b39dd216ef78');
INSERT INTO "seal" VALUES(10,'tariff_decision','1','7225d33eaa6bffb5ad4e5fe9be2c54bb4160323db0ba6f1910b37bd84af7ef3a','aea5c4c988e6e80c0ef0d64f0e4410ddc0a31c3d2a1cde3a870ecc1baf3d6e3d');
INSERT INTO "seal" VALUES(11,'holiday_year','1','a628f2bc5648f81781c737219ca61a33fdf075daee73176a46efccd6a271b1d1','1d5da25d52acf88a487b173581f8bcfae0b0307f9215c440601a90b952ffd721');
INSERT INTO "seal" VALUES(12,'qualification','Q-000001','7e5d7955e7c77e4a47fedef9e55854b193be209d729a9d2965e802326a84fcce','3b3e3e5a0a00d28185973690496aebc3b83459e7c3419a50904da2536a390cbb');
INSERT INTO "seal" VALUES(13,'qualification_revocation','Q-000001','ecc619eb63e3fdf65d1268e8fe2e3e9c6fa031509d440a0777f44eae6dd3a747','3e8bfd079c8fa54ee11a2c4c97ad31eef69c6ee88f07728cb667262735a5e705');
INSERT INTO "seal" VALUES(14,'qualification_rule','1','bdef25ec972a15ac73d0f664f5f06201e22e13742f55e3e49d43712efabe257b','aec617c3336efbd1105a591af400c6d90d099e06bbed3e27e6afe93bd7c4939b');
INSERT INTO "seal" VALUES(15,'reservation_grace','1','de4ac3d66f15c60147afed541f318ad1074b23101eaf5c64042c542fe68db86d','431d181ecdc7363b6dbdd6e26405451a821f57cd61721f7c652f3420ef2f40e0');
INSERT INTO "seal" VALUES(16,'reservation','R-000001','6c0d7c7db904f6ca4d09bed1e5baf167e0c745c3cff19c746d6f17c54e336b78','e26175c70ef27b470de11df3c0a46b747dcf7f73d9e051a27e8e2357daa99e8f');
INSERT INTO "seal" VALUES(17,'reservation_cancellation','R-000001','842acf340f83c19e113eef25dc5181649496eb41b370d17c04254c1254f071d1','f55f26de7b54a48332ae360f1df70dcb866ebe7adb07afda9e4eef3b0b48a82e');
INSERT INTO "seal" VALUES(18,'work_order','J-1','cd652eadf03359c3de6f4fc5b1553ecf4f78cad64273b9a633f66ada3896e028','e524900df9121e1986a248b9b015118a6816eeda80fc5700e0e2d5737d10a90a');
INSERT INTO "seal" VALUES(19,'work_order_closing','J-1','5e5487e15af1fd996c15085f9489241a75a4baae45162a9cd4eac9db92634c3a','b7d21475b0abd45b43fb676b701e0f9a773bd4809aa9d2ab613b8a404f6044e1');
INSERT INTO "seal" VALUES(20,'budget','1','b27f1f2e7970f8026fd57281747bb6d2a66f1b585bbd270f3fdb94fe077ef53c','69fd3c0fb965556ccfd86a3b489e0c3eec4333d90cc820e98d52631346efa108');
INSERT INTO "seal" VALUES(21,'statement','ST-2026-000001','2642a13defe0efe537e42048c30e20ed346fcccd976c2c6704d98e1c4b83f344','00f0c3c8ccf908ad5f4deb0b5cd4c9be6c9eb44c644be8a23affe8010313b146');
INSERT INTO "seal" VALUES(22,'statement_tariff','ST-2026-000001/printer/2026-02-01','28e5dd136fb1edd6dc573462af3122ed2d9838791abb7ebb91d86d5c5a519d06','348982341935fcbe04bc72a26013fd87e0c19fbbb49334188f263a7e4a6f697e');
INSERT INTO "seal" VALUES(23,'statement_event','1','a18534e0f5cd8653d7c02c8974f3e57cc40d9d475bdda78152913194998e96ce','ef81080996403e618b5ad66a0dba1efaa4cb34c816b6653adf3114f336f68392');
INSERT INTO "seal" VALUES(24,'attachment','1','5d663e9e6eec165c62dcb7513e5cc3c182bb8fb877ab5852a9f6fc4d41ae6611','191c752127a92cc7ef69793747136ab130de31b25d5f088d32ccf6c15d628d6f');
INSERT INTO "seal" VALUES(25,'credit_proposal','1','d5724f1b0e6f2454791311481122113332cb2c7747c619cd52d16ffea175a8e3','3ecfd26f0481537cbea3c2d84f692c2a2c01f5c2a517f5029133d9491bcc999b');
INSERT INTO "seal" VALUES(26,'credit_decision','1','cdfd306915b4c4e1d4cac32a3dfb922ab6994df4c32fe9e089a6dd6dc2529260','177f5cdc5dfff7278216e11fe1562ce24da2dceb683bb9283149b739139c4d51');
INSERT INTO "seal" VALUES(27,'period_lock','1','8d6b615de43597a09de83583365068ab66c189b9f9b19cef72802a4fc294fab9','39887db10d5ffb3da39687a938da26068d5b85205994d69950d19b6e4be55ad1');
INSERT INTO "seal" VALUES(28,'record','urn:shared-factory:renze-01:WS-1/1','acde64bed831eda2a2961da4beb089c4a6c6aa0dafa1b10ea67969cce8532bfb','1fd7a4ada09ae63e729d29b44f9ca5d7b212c8dc73b79bb9642840f6d50b40c0');
INSERT INTO "seal" VALUES(29,'record','urn:shared-factory:renze-01:WS-1/2','edfdaff6a09b14b5ce55fc817d268544b0a808e858b86b9770d19aca729bf1c0','ca5658e42ba81eaa258b70859a9bf02ee0d58e81cb1fbddd01ec5674f3f8ede1');
INSERT INTO "seal" VALUES(30,'receipt','1','83dff65937d98ecd223d3178f8e1c0ed9733cf493636bc325a115f7a2c4a708d','c92b17fdaaf21fdf840949b02c9b5d77c9b6ee32a5a30bf490403e52ead33bde');
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machine (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_at INTEGER NOT NULL,
    job TEXT,
    end_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'problem', 'corrected')),
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect')),
    started_by TEXT NOT NULL,
    ended_by TEXT,
    CHECK ((state = 'open') = (end_at IS NULL)),
    CHECK (end_at IS NULL OR end_at >= start_at)
) STRICT;
INSERT INTO "session" VALUES('S-000001','printer-1','anping',1772352000000000,NULL,NULL,'open','good','li',NULL);
INSERT INTO "session" VALUES('paper-1','welder-1','anping',1772351940000000,NULL,1772352000000000,'closed','good','li','li');
INSERT INTO "session" VALUES('paper-2','welder-1','anping',1772351820000000,NULL,1772351880000000,'corrected','good','li','li');
INSERT INTO "session" VALUES('S-000002','welder-1','anping',1772351820000000,'J-2',1772351880000000,'closed','good','li','li');
CREATE TABLE session_correction (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    session TEXT NOT NULL REFERENCES session (id),
    kind TEXT NOT NULL,
    successors TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    corrected_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (session)
) STRICT;
INSERT INTO "session_correction" VALUES(1,'paper-2','job','["S-000002"]','{"job":null}','{"job":"J-2"}','forgotten','li',1772352000000000);
CREATE TABLE session_dispute (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    session TEXT NOT NULL REFERENCES session (id),
    step TEXT NOT NULL CHECK (step IN ('raised', 'resolved')),
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    noted_by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO "session_dispute" VALUES(1,'S-000002','raised','not there','li',1772352000000000);
CREATE TABLE session_use (
    session TEXT NOT NULL PRIMARY KEY REFERENCES session (id),
    body TEXT NOT NULL
) STRICT;
INSERT INTO "session_use" VALUES('paper-1','{"end":"2026-03-01T08:00:00+00:00","id":"paper-1","job":null,"machine":"welder-1","pieces":null,"powered":[],"quality":"good","readings":{},"reserved":null,"start":"2026-03-01T07:59:00+00:00","tenant":"anping","value":null,"working":[]}');
INSERT INTO "session_use" VALUES('paper-2','{"end":"2026-03-01T07:58:00+00:00","id":"paper-2","job":null,"machine":"welder-1","pieces":null,"powered":[],"quality":"good","readings":{},"reserved":null,"start":"2026-03-01T07:57:00+00:00","tenant":"anping","value":null,"working":[]}');
INSERT INTO "session_use" VALUES('S-000002','{"end":"2026-03-01T07:58:00+00:00","id":"S-000002","job":"J-2","machine":"welder-1","pieces":null,"powered":[],"quality":"good","readings":{},"reserved":null,"start":"2026-03-01T07:57:00+00:00","tenant":"anping","value":null,"working":[]}');
CREATE TABLE state_change (
    workstation TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    machine TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('off', 'idle', 'working', 'unknown')),
    quality TEXT NOT NULL CHECK (quality IN ('good', 'suspect', 'substitute', 'missing')),
    PRIMARY KEY (workstation, seq)
) STRICT;
INSERT INTO "state_change" VALUES('WS-1',1,'printer-1',1772352000000000,'working','good');
CREATE TABLE statement (
    number TEXT NOT NULL PRIMARY KEY,
    series TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    start_on TEXT NOT NULL,
    end_on TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    refers_to TEXT REFERENCES statement (number),
    document TEXT NOT NULL,
    context TEXT NOT NULL,
    whole INTEGER NOT NULL,
    UNIQUE (series, seq),
    CHECK (start_on < end_on),
    CHECK (refers_to IS NOT NULL OR NOT whole)
) STRICT;
INSERT INTO "statement" VALUES('ST-2026-000001','ST-2026',1,'anping','2026-03-01','2026-04-01',1772352000000000,'f03354a2a4e0de72d7a3d64e486b742ae6be9fdd7535e662a7a0162ed98edb5d',NULL,'{"gross":"90.00","tenant":"anping"}','{"engine":"1"}',0);
CREATE TABLE statement_event (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    statement TEXT NOT NULL REFERENCES statement (number),
    step TEXT NOT NULL
        CHECK (step IN ('sent', 'confirmed', 'invoiced', 'disputed', 'resolved', 'cancelled')),
    body TEXT NOT NULL,
    reason TEXT,
    at INTEGER NOT NULL,
    noted_by TEXT NOT NULL
) STRICT;
INSERT INTO "statement_event" VALUES(1,'ST-2026-000001','sent','{"on":"2026-04-01"}',NULL,1772352000000000,'li');
CREATE TABLE statement_tariff (
    statement TEXT NOT NULL REFERENCES statement (number),
    tariff TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    PRIMARY KEY (statement, tariff, valid_from)
) STRICT;
INSERT INTO "statement_tariff" VALUES('ST-2026-000001','printer','2026-02-01');
CREATE TABLE tariff_decision (
    draft INTEGER NOT NULL PRIMARY KEY REFERENCES tariff_draft (number),
    approved INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    reason TEXT
) STRICT;
INSERT INTO "tariff_decision" VALUES(1,0,'boss',1772352000000000,'too dear');
CREATE TABLE tariff_draft (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    file TEXT NOT NULL,
    body TEXT NOT NULL CHECK (length(body) > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL
) STRICT;
INSERT INTO "tariff_draft" VALUES(1,'prices.toml','format = 1
','a1af1bccf46862c1ce45d1064094b00a0808329540e06a44bcedd8c921849f1e','li',1772352000000000);
CREATE TABLE tenant (id TEXT NOT NULL PRIMARY KEY) STRICT;
INSERT INTO "tenant" VALUES('hengshui');
INSERT INTO "tenant" VALUES('anping');
CREATE TABLE voucher (
    number TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    issuer TEXT NOT NULL,
    face_fen INTEGER NOT NULL CHECK (face_fen > 0),
    share TEXT NOT NULL CHECK (share NOT GLOB '*[^-0-9.]*' AND share GLOB '*[0-9]'
        AND share NOT GLOB '?*-*' AND share NOT GLOB '*.*.*'
        AND (share GLOB '[0-9]*' OR share GLOB '-[0-9]*')),
    expires TEXT NOT NULL,
    at INTEGER NOT NULL,
    added_by TEXT NOT NULL
) STRICT;
CREATE TABLE voucher_refusal (
    voucher TEXT NOT NULL PRIMARY KEY REFERENCES voucher (number),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    refused_by TEXT NOT NULL
) STRICT;
CREATE TABLE work_order (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    value TEXT CHECK (value NOT GLOB '*[^-0-9.]*' AND value GLOB '*[0-9]'
        AND value NOT GLOB '?*-*' AND value NOT GLOB '*.*.*'
        AND (value GLOB '[0-9]*' OR value GLOB '-[0-9]*')),
    target_pieces INTEGER CHECK (target_pieces > 0),
    at INTEGER NOT NULL,
    opened_by TEXT NOT NULL
) STRICT;
INSERT INTO "work_order" VALUES('J-1','anping','支架','350.50',100,1772352000000000,'li');
CREATE TABLE work_order_closing (
    work_order TEXT NOT NULL PRIMARY KEY REFERENCES work_order (id),
    at INTEGER NOT NULL,
    closed_by TEXT NOT NULL
) STRICT;
INSERT INTO "work_order_closing" VALUES('J-1',1772352000000000,'li');
CREATE INDEX reading_by_meter ON reading (meter, quantity, at, seq);
CREATE INDEX state_change_by_machine ON state_change (machine, at, seq);
CREATE INDEX request_waiting ON request (bus, id) WHERE taken_at IS NULL;
CREATE UNIQUE INDEX session_one_open ON session (machine) WHERE state = 'open';
CREATE INDEX session_by_start ON session (start_at, id);
CREATE INDEX session_by_tenant ON session (tenant, start_at);
CREATE INDEX delivery_pending ON delivery (platform, source, seq) WHERE state = 'pending';
CREATE INDEX receipt_by_record ON receipt (platform, source, seq, id);
CREATE TRIGGER reading_no_update BEFORE UPDATE ON reading WHEN OLD.workstation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reading'); END;
CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading WHEN OLD.workstation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reading'); END;
CREATE TRIGGER reading_no_replace BEFORE INSERT ON reading WHEN EXISTS (SELECT 1 FROM reading WHERE workstation = NEW.workstation AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only reading'); END;
CREATE TRIGGER state_change_no_update BEFORE UPDATE ON state_change WHEN OLD.workstation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only state_change'); END;
CREATE TRIGGER state_change_no_delete BEFORE DELETE ON state_change WHEN OLD.workstation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only state_change'); END;
CREATE TRIGGER state_change_no_replace BEFORE INSERT ON state_change WHEN EXISTS (SELECT 1 FROM state_change WHERE workstation = NEW.workstation AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only state_change'); END;
CREATE TRIGGER session_use_no_update BEFORE UPDATE ON session_use WHEN OLD.session IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_use'); END;
CREATE TRIGGER session_use_no_delete BEFORE DELETE ON session_use WHEN OLD.session IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_use'); END;
CREATE TRIGGER session_use_no_replace BEFORE INSERT ON session_use WHEN EXISTS (SELECT 1 FROM session_use WHERE session = NEW.session) BEGIN SELECT RAISE(ABORT, 'append-only session_use'); END;
CREATE TRIGGER statement_tariff_no_update BEFORE UPDATE ON statement_tariff WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement_tariff'); END;
CREATE TRIGGER statement_tariff_no_delete BEFORE DELETE ON statement_tariff WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement_tariff'); END;
CREATE TRIGGER statement_tariff_no_replace BEFORE INSERT ON statement_tariff WHEN EXISTS (SELECT 1 FROM statement_tariff WHERE statement = NEW.statement AND tariff = NEW.tariff AND valid_from = NEW.valid_from) BEGIN SELECT RAISE(ABORT, 'append-only statement_tariff'); END;
CREATE TRIGGER record_no_update BEFORE UPDATE ON record WHEN OLD.source IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only record'); END;
CREATE TRIGGER record_no_delete BEFORE DELETE ON record WHEN OLD.source IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only record'); END;
CREATE TRIGGER record_no_replace BEFORE INSERT ON record WHEN EXISTS (SELECT 1 FROM record WHERE source = NEW.source AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only record'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only receipt'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only receipt'); END;
CREATE TRIGGER receipt_no_replace BEFORE INSERT ON receipt WHEN EXISTS (SELECT 1 FROM receipt WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only receipt'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only audit'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only audit'); END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only audit'); END;
CREATE TRIGGER reading_fenced BEFORE INSERT ON reading WHEN NEW.bus IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM bus_lease WHERE bus = NEW.bus AND epoch = NEW.epoch) BEGIN SELECT RAISE(ABORT, 'fenced'); END;
CREATE TRIGGER session_closed BEFORE UPDATE ON session WHEN NOT ((OLD.state = 'open' AND NEW.state IN ('closed', 'problem')
        OR OLD.state IN ('closed', 'problem') AND NEW.state = 'corrected'
            AND NEW.end_at = OLD.end_at AND NEW.quality = OLD.quality
            AND COALESCE(NEW.ended_by, '') = COALESCE(OLD.ended_by, ''))
    AND NEW.id = OLD.id AND NEW.machine = OLD.machine AND NEW.tenant = OLD.tenant
    AND NEW.start_at = OLD.start_at AND COALESCE(NEW.job, '') = COALESCE(OLD.job, '')
    AND NEW.started_by = OLD.started_by) BEGIN SELECT RAISE(ABORT, 'session-closed'); END;
CREATE TRIGGER session_kept BEFORE DELETE ON session WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX meter_identity_by_meter ON meter_identity (meter, seq);
CREATE INDEX machine_job_by_id ON machine_job (meter, job);
CREATE TRIGGER meter_identity_no_update BEFORE UPDATE ON meter_identity WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only meter_identity'); END;
CREATE TRIGGER meter_identity_no_delete BEFORE DELETE ON meter_identity WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only meter_identity'); END;
CREATE TRIGGER meter_identity_no_replace BEFORE INSERT ON meter_identity WHEN EXISTS (SELECT 1 FROM meter_identity WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only meter_identity'); END;
CREATE TRIGGER machine_job_no_update BEFORE UPDATE ON machine_job WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only machine_job'); END;
CREATE TRIGGER machine_job_no_delete BEFORE DELETE ON machine_job WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only machine_job'); END;
CREATE TRIGGER machine_job_no_replace BEFORE INSERT ON machine_job WHEN EXISTS (SELECT 1 FROM machine_job WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only machine_job'); END;
CREATE INDEX session_dispute_by_session ON session_dispute (session, seq);
CREATE TRIGGER session_correction_no_update BEFORE UPDATE ON session_correction WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_correction'); END;
CREATE TRIGGER session_correction_no_delete BEFORE DELETE ON session_correction WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_correction'); END;
CREATE TRIGGER session_correction_no_replace BEFORE INSERT ON session_correction WHEN EXISTS (SELECT 1 FROM session_correction WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only session_correction'); END;
CREATE TRIGGER session_dispute_no_update BEFORE UPDATE ON session_dispute WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_dispute'); END;
CREATE TRIGGER session_dispute_no_delete BEFORE DELETE ON session_dispute WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only session_dispute'); END;
CREATE TRIGGER session_dispute_no_replace BEFORE INSERT ON session_dispute WHEN EXISTS (SELECT 1 FROM session_dispute WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only session_dispute'); END;
CREATE TRIGGER session_correction_once BEFORE INSERT ON session_correction WHEN EXISTS (SELECT 1 FROM session_correction WHERE session = NEW.session) BEGIN SELECT RAISE(ABORT, 'session-closed'); END;
CREATE TRIGGER tariff_draft_no_update BEFORE UPDATE ON tariff_draft WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only tariff_draft'); END;
CREATE TRIGGER tariff_draft_no_delete BEFORE DELETE ON tariff_draft WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only tariff_draft'); END;
CREATE TRIGGER tariff_draft_no_replace BEFORE INSERT ON tariff_draft WHEN EXISTS (SELECT 1 FROM tariff_draft WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'append-only tariff_draft'); END;
CREATE TRIGGER tariff_decision_no_update BEFORE UPDATE ON tariff_decision WHEN OLD.draft IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only tariff_decision'); END;
CREATE TRIGGER tariff_decision_no_delete BEFORE DELETE ON tariff_decision WHEN OLD.draft IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only tariff_decision'); END;
CREATE TRIGGER tariff_decision_no_replace BEFORE INSERT ON tariff_decision WHEN EXISTS (SELECT 1 FROM tariff_decision WHERE draft = NEW.draft) BEGIN SELECT RAISE(ABORT, 'append-only tariff_decision'); END;
CREATE TRIGGER holiday_year_no_update BEFORE UPDATE ON holiday_year WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only holiday_year'); END;
CREATE TRIGGER holiday_year_no_delete BEFORE DELETE ON holiday_year WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only holiday_year'); END;
CREATE TRIGGER holiday_year_no_replace BEFORE INSERT ON holiday_year WHEN EXISTS (SELECT 1 FROM holiday_year WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only holiday_year'); END;
CREATE INDEX qualification_by_tenant ON qualification (tenant, id);
CREATE INDEX reservation_by_machine ON reservation (machine, start_at);
CREATE INDEX budget_by_contract ON budget (contract, seq);
CREATE TRIGGER qualification_no_update BEFORE UPDATE ON qualification WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification'); END;
CREATE TRIGGER qualification_no_delete BEFORE DELETE ON qualification WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification'); END;
CREATE TRIGGER qualification_no_replace BEFORE INSERT ON qualification WHEN EXISTS (SELECT 1 FROM qualification WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only qualification'); END;
CREATE TRIGGER qualification_revocation_no_update BEFORE UPDATE ON qualification_revocation WHEN OLD.qualification IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification_revocation'); END;
CREATE TRIGGER qualification_revocation_no_delete BEFORE DELETE ON qualification_revocation WHEN OLD.qualification IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification_revocation'); END;
CREATE TRIGGER qualification_revocation_no_replace BEFORE INSERT ON qualification_revocation WHEN EXISTS (SELECT 1 FROM qualification_revocation WHERE qualification = NEW.qualification) BEGIN SELECT RAISE(ABORT, 'append-only qualification_revocation'); END;
CREATE TRIGGER qualification_rule_no_update BEFORE UPDATE ON qualification_rule WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification_rule'); END;
CREATE TRIGGER qualification_rule_no_delete BEFORE DELETE ON qualification_rule WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only qualification_rule'); END;
CREATE TRIGGER qualification_rule_no_replace BEFORE INSERT ON qualification_rule WHEN EXISTS (SELECT 1 FROM qualification_rule WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only qualification_rule'); END;
CREATE TRIGGER reservation_no_update BEFORE UPDATE ON reservation WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation'); END;
CREATE TRIGGER reservation_no_delete BEFORE DELETE ON reservation WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation'); END;
CREATE TRIGGER reservation_no_replace BEFORE INSERT ON reservation WHEN EXISTS (SELECT 1 FROM reservation WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only reservation'); END;
CREATE TRIGGER reservation_cancellation_no_update BEFORE UPDATE ON reservation_cancellation WHEN OLD.reservation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation_cancellation'); END;
CREATE TRIGGER reservation_cancellation_no_delete BEFORE DELETE ON reservation_cancellation WHEN OLD.reservation IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation_cancellation'); END;
CREATE TRIGGER reservation_cancellation_no_replace BEFORE INSERT ON reservation_cancellation WHEN EXISTS (SELECT 1 FROM reservation_cancellation WHERE reservation = NEW.reservation) BEGIN SELECT RAISE(ABORT, 'append-only reservation_cancellation'); END;
CREATE TRIGGER reservation_grace_no_update BEFORE UPDATE ON reservation_grace WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation_grace'); END;
CREATE TRIGGER reservation_grace_no_delete BEFORE DELETE ON reservation_grace WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reservation_grace'); END;
CREATE TRIGGER reservation_grace_no_replace BEFORE INSERT ON reservation_grace WHEN EXISTS (SELECT 1 FROM reservation_grace WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only reservation_grace'); END;
CREATE TRIGGER work_order_no_update BEFORE UPDATE ON work_order WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only work_order'); END;
CREATE TRIGGER work_order_no_delete BEFORE DELETE ON work_order WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only work_order'); END;
CREATE TRIGGER work_order_no_replace BEFORE INSERT ON work_order WHEN EXISTS (SELECT 1 FROM work_order WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only work_order'); END;
CREATE TRIGGER work_order_closing_no_update BEFORE UPDATE ON work_order_closing WHEN OLD.work_order IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only work_order_closing'); END;
CREATE TRIGGER work_order_closing_no_delete BEFORE DELETE ON work_order_closing WHEN OLD.work_order IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only work_order_closing'); END;
CREATE TRIGGER work_order_closing_no_replace BEFORE INSERT ON work_order_closing WHEN EXISTS (SELECT 1 FROM work_order_closing WHERE work_order = NEW.work_order) BEGIN SELECT RAISE(ABORT, 'append-only work_order_closing'); END;
CREATE TRIGGER budget_no_update BEFORE UPDATE ON budget WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only budget'); END;
CREATE TRIGGER budget_no_delete BEFORE DELETE ON budget WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only budget'); END;
CREATE TRIGGER budget_no_replace BEFORE INSERT ON budget WHEN EXISTS (SELECT 1 FROM budget WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only budget'); END;
CREATE TRIGGER reservation_taken BEFORE INSERT ON reservation WHEN EXISTS
    (SELECT 1 FROM reservation r WHERE r.machine = NEW.machine
        AND r.start_at < NEW.end_at AND r.end_at > NEW.start_at
        AND NOT EXISTS
            (SELECT 1 FROM reservation_cancellation c WHERE c.reservation = r.id)
        AND (r.start_at + r.grace_s * 1000000 > NEW.at OR EXISTS
            (SELECT 1 FROM session s WHERE s.machine = r.machine AND s.tenant = r.tenant
                AND s.state <> 'corrected'
                AND s.start_at < r.start_at + r.grace_s * 1000000 AND s.start_at < r.end_at
                AND (s.end_at IS NULL OR s.end_at > r.start_at
                    OR s.start_at >= r.start_at)))) BEGIN SELECT RAISE(ABORT, 'reservation-taken'); END;
CREATE INDEX statement_by_tenant ON statement (tenant, start_on);
CREATE TRIGGER statement_no_update BEFORE UPDATE ON statement WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement'); END;
CREATE TRIGGER statement_no_delete BEFORE DELETE ON statement WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement'); END;
CREATE TRIGGER statement_no_replace BEFORE INSERT ON statement WHEN EXISTS (SELECT 1 FROM statement WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'append-only statement'); END;
CREATE UNIQUE INDEX statement_cancelled_once ON statement (refers_to) WHERE whole;
CREATE INDEX statement_event_by_statement ON statement_event (statement, seq);
CREATE INDEX attachment_by_statement ON attachment (statement, id);
CREATE INDEX credited_line_by_session ON credited_line (session);
CREATE TRIGGER statement_event_no_update BEFORE UPDATE ON statement_event WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement_event'); END;
CREATE TRIGGER statement_event_no_delete BEFORE DELETE ON statement_event WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only statement_event'); END;
CREATE TRIGGER statement_event_no_replace BEFORE INSERT ON statement_event WHEN EXISTS (SELECT 1 FROM statement_event WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only statement_event'); END;
CREATE TRIGGER attachment_no_update BEFORE UPDATE ON attachment WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only attachment'); END;
CREATE TRIGGER attachment_no_delete BEFORE DELETE ON attachment WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only attachment'); END;
CREATE TRIGGER attachment_no_replace BEFORE INSERT ON attachment WHEN EXISTS (SELECT 1 FROM attachment WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only attachment'); END;
CREATE TRIGGER credit_proposal_no_update BEFORE UPDATE ON credit_proposal WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credit_proposal'); END;
CREATE TRIGGER credit_proposal_no_delete BEFORE DELETE ON credit_proposal WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credit_proposal'); END;
CREATE TRIGGER credit_proposal_no_replace BEFORE INSERT ON credit_proposal WHEN EXISTS (SELECT 1 FROM credit_proposal WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only credit_proposal'); END;
CREATE TRIGGER credit_decision_no_update BEFORE UPDATE ON credit_decision WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credit_decision'); END;
CREATE TRIGGER credit_decision_no_delete BEFORE DELETE ON credit_decision WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credit_decision'); END;
CREATE TRIGGER credit_decision_no_replace BEFORE INSERT ON credit_decision WHEN EXISTS (SELECT 1 FROM credit_decision WHERE proposal = NEW.proposal) BEGIN SELECT RAISE(ABORT, 'append-only credit_decision'); END;
CREATE TRIGGER credited_line_no_update BEFORE UPDATE ON credited_line WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credited_line'); END;
CREATE TRIGGER credited_line_no_delete BEFORE DELETE ON credited_line WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only credited_line'); END;
CREATE TRIGGER credited_line_no_replace BEFORE INSERT ON credited_line WHEN EXISTS (SELECT 1 FROM credited_line WHERE statement = NEW.statement AND line = NEW.line) BEGIN SELECT RAISE(ABORT, 'append-only credited_line'); END;
CREATE TRIGGER period_lock_no_update BEFORE UPDATE ON period_lock WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only period_lock'); END;
CREATE TRIGGER period_lock_no_delete BEFORE DELETE ON period_lock WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only period_lock'); END;
CREATE TRIGGER period_lock_no_replace BEFORE INSERT ON period_lock WHEN EXISTS (SELECT 1 FROM period_lock WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only period_lock'); END;
CREATE TRIGGER statement_overlap BEFORE INSERT ON statement WHEN NEW.refers_to IS NULL AND EXISTS
    (SELECT 1 FROM statement s WHERE s.tenant = NEW.tenant AND s.refers_to IS NULL
        AND s.start_on < NEW.end_on AND s.end_on > NEW.start_on
        AND NOT EXISTS (SELECT 1 FROM statement c WHERE c.refers_to = s.number AND c.whole)) BEGIN SELECT RAISE(ABORT, 'statement-overlap'); END;
CREATE TRIGGER credit_of_cancelled BEFORE INSERT ON statement WHEN NEW.refers_to IS NOT NULL AND EXISTS
    (SELECT 1 FROM statement c WHERE c.refers_to = NEW.refers_to AND c.whole) BEGIN SELECT RAISE(ABORT, 'credit-of-cancelled'); END;
CREATE TRIGGER credited_line_strange BEFORE INSERT ON credited_line WHEN NOT EXISTS
    (SELECT 1 FROM statement c WHERE c.number = NEW.credit AND c.refers_to = NEW.statement) BEGIN SELECT RAISE(ABORT, 'credit-line'); END;
CREATE INDEX ledger_by_tenant ON ledger_transaction (tenant, seq);
CREATE INDEX ledger_by_slip ON ledger_transaction (method, reference);
CREATE INDEX ledger_line_by_item ON ledger_line (account, item);
CREATE TRIGGER ledger_transaction_no_update BEFORE UPDATE ON ledger_transaction WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only ledger_transaction'); END;
CREATE TRIGGER ledger_transaction_no_delete BEFORE DELETE ON ledger_transaction WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only ledger_transaction'); END;
CREATE TRIGGER ledger_transaction_no_replace BEFORE INSERT ON ledger_transaction WHEN EXISTS (SELECT 1 FROM ledger_transaction WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only ledger_transaction'); END;
CREATE TRIGGER ledger_line_no_update BEFORE UPDATE ON ledger_line WHEN OLD.transaction_seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only ledger_line'); END;
CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line WHEN OLD.transaction_seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only ledger_line'); END;
CREATE TRIGGER ledger_line_no_replace BEFORE INSERT ON ledger_line WHEN EXISTS (SELECT 1 FROM ledger_line WHERE transaction_seq = NEW.transaction_seq AND position = NEW.position) BEGIN SELECT RAISE(ABORT, 'append-only ledger_line'); END;
CREATE TRIGGER voucher_no_update BEFORE UPDATE ON voucher WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only voucher'); END;
CREATE TRIGGER voucher_no_delete BEFORE DELETE ON voucher WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only voucher'); END;
CREATE TRIGGER voucher_no_replace BEFORE INSERT ON voucher WHEN EXISTS (SELECT 1 FROM voucher WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'append-only voucher'); END;
CREATE TRIGGER voucher_refusal_no_update BEFORE UPDATE ON voucher_refusal WHEN OLD.voucher IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only voucher_refusal'); END;
CREATE TRIGGER voucher_refusal_no_delete BEFORE DELETE ON voucher_refusal WHEN OLD.voucher IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only voucher_refusal'); END;
CREATE TRIGGER voucher_refusal_no_replace BEFORE INSERT ON voucher_refusal WHEN EXISTS (SELECT 1 FROM voucher_refusal WHERE voucher = NEW.voucher) BEGIN SELECT RAISE(ABORT, 'append-only voucher_refusal'); END;
CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line WHEN EXISTS (SELECT 1 FROM ledger_transaction WHERE seq = NEW.transaction_seq) BEGIN SELECT RAISE(ABORT, 'ledger-sealed'); END;
CREATE TRIGGER ledger_unbalanced BEFORE INSERT ON ledger_transaction WHEN COALESCE(
    (SELECT SUM(amount_fen) FROM ledger_line WHERE transaction_seq = NEW.seq), 1) <> 0 BEGIN SELECT RAISE(ABORT, 'ledger-unbalanced'); END;
CREATE TRIGGER ledger_gap BEFORE INSERT ON ledger_transaction WHEN NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM ledger_transaction), 0) BEGIN SELECT RAISE(ABORT, 'ledger-gap'); END;
CREATE TRIGGER ledger_slip_booked BEFORE INSERT ON ledger_transaction WHEN NEW.reference IS NOT NULL AND EXISTS
    (SELECT 1 FROM ledger_transaction t
        WHERE t.method = NEW.method AND t.reference = NEW.reference AND NOT EXISTS
            (SELECT 1 FROM ledger_transaction r WHERE r.reverses = t.seq)) BEGIN SELECT RAISE(ABORT, 'ledger-slip-booked'); END;
CREATE TRIGGER ledger_overdrawn BEFORE INSERT ON ledger_transaction WHEN EXISTS
    (SELECT 1 FROM ledger_line n
        WHERE n.transaction_seq = NEW.seq AND n.amount_fen > 0
            AND n.account IN ('prepaid', 'deposit') AND 0 <
            (SELECT SUM(l.amount_fen) FROM ledger_line l
                WHERE l.transaction_seq = NEW.seq AND l.account = n.account) + COALESCE(
            (SELECT SUM(l.amount_fen) FROM ledger_transaction t
                JOIN ledger_line l ON l.transaction_seq = t.seq
                WHERE t.tenant = NEW.tenant AND l.account = n.account), 0)) BEGIN SELECT RAISE(ABORT, 'ledger-overdrawn'); END;
CREATE TRIGGER ledger_other_lines BEFORE INSERT ON ledger_transaction WHEN NEW.reverses IS NOT NULL AND (EXISTS
    (SELECT 1 FROM ledger_transaction t WHERE t.seq = NEW.reverses
        AND (t.tenant <> NEW.tenant OR t.reverses IS NOT NULL))
    OR EXISTS
    (SELECT 1 FROM ledger_line l WHERE l.transaction_seq IN (NEW.seq, NEW.reverses)
        GROUP BY l.position HAVING SUM(l.amount_fen) <> 0 OR MIN(l.account) <> MAX(l.account)
            OR MIN(l.item) <> MAX(l.item))) BEGIN SELECT RAISE(ABORT, 'ledger-other-lines'); END;
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only seal'); END;
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal WHEN OLD.seq IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only seal'); END;
CREATE TRIGGER seal_no_replace BEFORE INSERT ON seal WHEN EXISTS (SELECT 1 FROM seal WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only seal'); END;
CREATE INDEX billed_session_by_session ON billed_session (session);
CREATE INDEX reading_not_good ON reading (meter, quantity, at) WHERE quality <> 'good';
CREATE TRIGGER billed_session_no_update BEFORE UPDATE ON billed_session WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only billed_session'); END;
CREATE TRIGGER billed_session_no_delete BEFORE DELETE ON billed_session WHEN OLD.statement IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only billed_session'); END;
CREATE TRIGGER billed_session_no_replace BEFORE INSERT ON billed_session WHEN EXISTS (SELECT 1 FROM billed_session WHERE statement = NEW.statement AND session = NEW.session AND start_on = NEW.start_on) BEGIN SELECT RAISE(ABORT, 'append-only billed_session'); END;
CREATE INDEX calibration_by_register ON calibration (meter, quantity, effective_at);
CREATE INDEX calibration_attachment_by_number ON calibration_attachment (number, id);
CREATE TRIGGER instrument_no_update BEFORE UPDATE ON instrument WHEN OLD.meter IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only instrument'); END;
CREATE TRIGGER instrument_no_delete BEFORE DELETE ON instrument WHEN OLD.meter IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only instrument'); END;
CREATE TRIGGER instrument_no_replace BEFORE INSERT ON instrument WHEN EXISTS (SELECT 1 FROM instrument WHERE meter = NEW.meter AND quantity = NEW.quantity AND version = NEW.version) BEGIN SELECT RAISE(ABORT, 'append-only instrument'); END;
CREATE TRIGGER reference_standard_no_update BEFORE UPDATE ON reference_standard WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reference_standard'); END;
CREATE TRIGGER reference_standard_no_delete BEFORE DELETE ON reference_standard WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only reference_standard'); END;
CREATE TRIGGER reference_standard_no_replace BEFORE INSERT ON reference_standard WHEN EXISTS (SELECT 1 FROM reference_standard WHERE id = NEW.id AND version = NEW.version) BEGIN SELECT RAISE(ABORT, 'append-only reference_standard'); END;
CREATE TRIGGER calibration_no_update BEFORE UPDATE ON calibration WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration'); END;
CREATE TRIGGER calibration_no_delete BEFORE DELETE ON calibration WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration'); END;
CREATE TRIGGER calibration_no_replace BEFORE INSERT ON calibration WHEN EXISTS (SELECT 1 FROM calibration WHERE number = NEW.number AND version = NEW.version) BEGIN SELECT RAISE(ABORT, 'append-only calibration'); END;
CREATE TRIGGER calibration_review_no_update BEFORE UPDATE ON calibration_review WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration_review'); END;
CREATE TRIGGER calibration_review_no_delete BEFORE DELETE ON calibration_review WHEN OLD.number IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration_review'); END;
CREATE TRIGGER calibration_review_no_replace BEFORE INSERT ON calibration_review WHEN EXISTS (SELECT 1 FROM calibration_review WHERE number = NEW.number AND version = NEW.version AND reviewed_by = NEW.reviewed_by) BEGIN SELECT RAISE(ABORT, 'append-only calibration_review'); END;
CREATE TRIGGER calibration_attachment_no_update BEFORE UPDATE ON calibration_attachment WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration_attachment'); END;
CREATE TRIGGER calibration_attachment_no_delete BEFORE DELETE ON calibration_attachment WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only calibration_attachment'); END;
CREATE TRIGGER calibration_attachment_no_replace BEFORE INSERT ON calibration_attachment WHEN EXISTS (SELECT 1 FROM calibration_attachment WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only calibration_attachment'); END;
CREATE TRIGGER calibration_gap BEFORE INSERT ON calibration WHEN NEW.version = 1 AND NEW.seq <> 1 + COALESCE(
    (SELECT MAX(seq) FROM calibration WHERE series = NEW.series), 0) BEGIN SELECT RAISE(ABORT, 'calibration-gap'); END;
CREATE TRIGGER calibration_version BEFORE INSERT ON calibration WHEN NEW.version > 1 AND NOT EXISTS
    (SELECT 1 FROM calibration c WHERE c.number = NEW.number AND c.version = NEW.version - 1
        AND c.series = NEW.series AND c.seq = NEW.seq
        AND c.meter = NEW.meter AND c.quantity = NEW.quantity) BEGIN SELECT RAISE(ABORT, 'calibration-gap'); END;
CREATE INDEX adjustment_proposal_by_certificate ON adjustment_proposal (certificate, id);
CREATE INDEX adjustment_line_by_statement ON adjustment_line (statement);
CREATE TRIGGER adjustment_proposal_no_update BEFORE UPDATE ON adjustment_proposal WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_proposal'); END;
CREATE TRIGGER adjustment_proposal_no_delete BEFORE DELETE ON adjustment_proposal WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_proposal'); END;
CREATE TRIGGER adjustment_proposal_no_replace BEFORE INSERT ON adjustment_proposal WHEN EXISTS (SELECT 1 FROM adjustment_proposal WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'append-only adjustment_proposal'); END;
CREATE TRIGGER adjustment_decision_no_update BEFORE UPDATE ON adjustment_decision WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_decision'); END;
CREATE TRIGGER adjustment_decision_no_delete BEFORE DELETE ON adjustment_decision WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_decision'); END;
CREATE TRIGGER adjustment_decision_no_replace BEFORE INSERT ON adjustment_decision WHEN EXISTS (SELECT 1 FROM adjustment_decision WHERE proposal = NEW.proposal) BEGIN SELECT RAISE(ABORT, 'append-only adjustment_decision'); END;
CREATE TRIGGER adjustment_line_no_update BEFORE UPDATE ON adjustment_line WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_line'); END;
CREATE TRIGGER adjustment_line_no_delete BEFORE DELETE ON adjustment_line WHEN OLD.proposal IS NOT NULL BEGIN SELECT RAISE(ABORT, 'append-only adjustment_line'); END;
CREATE TRIGGER adjustment_line_no_replace BEFORE INSERT ON adjustment_line WHEN EXISTS (SELECT 1 FROM adjustment_line WHERE proposal = NEW.proposal AND position = NEW.position AND statement = NEW.statement) BEGIN SELECT RAISE(ABORT, 'append-only adjustment_line'); END;
CREATE TRIGGER adjustment_line_twice BEFORE INSERT ON adjustment_line WHEN EXISTS
    (SELECT 1 FROM adjustment_line a
        WHERE a.proposal = NEW.proposal AND a.position = NEW.position
        AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.refers_to = a.statement AND s.whole)) BEGIN SELECT RAISE(ABORT, 'adjusted-twice'); END;
CREATE TRIGGER adjustment_line_open BEFORE INSERT ON adjustment_line WHEN NOT EXISTS
    (SELECT 1 FROM adjustment_decision d WHERE d.proposal = NEW.proposal AND d.reason IS NULL) BEGIN SELECT RAISE(ABORT, 'not-approved'); END;
CREATE TRIGGER adjustment_decision_own BEFORE INSERT ON adjustment_decision WHEN NEW.reason IS NULL AND EXISTS
    (SELECT 1 FROM adjustment_proposal p
        WHERE p.id = NEW.proposal AND p.proposed_by = NEW.decided_by) BEGIN SELECT RAISE(ABORT, 'own-approval'); END;
COMMIT;
