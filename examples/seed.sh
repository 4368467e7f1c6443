#!/usr/bin/env bash
# Plays every example of KWDB's RESTful API document with curl against a running kwrest, each from its own starting
# state, and prints request and answer.
#
#   make run                          # in another terminal
#   examples/seed.sh [DATA]           # DATA: the server's data folder, default kwrest-data
#
# It makes and drops the tables meters, wind, ts_table, myMeasurement, the database db1 and the users kwdbuser and
# rest_user: use a server that holds nothing of value. The document's token is base64 of root:kwdbpassword; a server
# first started with KWREST_ROOT_PASSWORD=kwdbpassword gets the document's requests byte for byte.
set -euo pipefail

data=${1:-kwrest-data}
url=$(sed -n 's/.*"url": "\([^"]*\)".*/\1/p' "$data/listening.json")
ca=$(sed -n 's/.*"ca": "\([^"]*\)".*/\1/p' "$data/listening.json")
host=${url#https://}
password=${KWREST_PASSWORD:-$(cat "$data/root-password" 2>/dev/null || echo "${KWREST_ROOT_PASSWORD:-}")}
token=$(printf 'root:%s' "$password" | base64 -w0)

# say NAME CURL-ARGUMENTS…: send one request, print it and its answer.
say() {
    local name=$1 answer
    shift
    printf '\n### %s\n$ curl' "$name"
    printf ' %q' "$@"
    printf '\n'
    answer=$(curl -sS --cacert "$ca" -w '\nHTTP %{http_code}' "$@")
    printf '%s\n%s\n' "${answer##*$'\n'}" "${answer%$'\n'*}"
}

# prepare ENDPOINT SQL [DB]: bring about a starting state, quietly; a failure ends the script.
prepare() {
    curl -sS -f --cacert "$ca" -H "Authorization: Basic $token" -X POST --data-binary "$2" \
        "$url/restapi/$1?db=${3:-defaultdb}" >/dev/null || { echo "cannot prepare: $2" >&2; exit 1; }
}

plain=(-H 'Content-Type: plain/text')
text=(-H 'Content-Type: text/plain')
json=(-H 'Accept: application/json')
basic=(-H "Authorization: Basic $token")
wrong=(-H 'Authorization: Basic cm9vdDp3cm9uZw==')
kwdbuser=(-H 'Username: kwdbuser' -H 'Password: kwdbpassword')
no_tables='DROP TABLE IF EXISTS meters; DROP TABLE IF EXISTS wind; DROP TABLE IF EXISTS ts_table; DROP TABLE IF EXISTS myMeasurement'
meters='CREATE TABLE meters (ts timestamp not null, power int) tags(location varchar not null) primary tags (location)'

prepare ddl "$no_tables; DROP DATABASE IF EXISTS db1 CASCADE"
prepare ddl 'DROP USER IF EXISTS rest_user'
if [[ $(curl -sS --cacert "$ca" "${basic[@]}" --data-binary 'SHOW USERS' "$url/restapi/query") == *'"kwdbuser"'* ]]; then
    prepare ddl 'REVOKE ALL ON DATABASE defaultdb FROM kwdbuser; REVOKE admin FROM kwdbuser; DROP USER kwdbuser'
fi
prepare ddl "CREATE USER kwdbuser PASSWORD 'kwdbpassword'"

# ---- Login
say login -X GET -H 'Username: kwdbuser' -H 'Password: kwdbpassword' "${plain[@]}" "$url/restapi/login"
say login-refused -X GET -H 'Username: kwdbuser' -H 'Password: wrong' "${plain[@]}" "$url/restapi/login"

# ---- DDL: no table yet
say ddl -X POST "${basic[@]}" "${plain[@]}" "${json[@]}" --data-binary \
    'CREATE TABLE meters (ts timestamp not null, power int) tags(location varchar not null) primary tags (location); CREATE TABLE wind (ts timestamp not null, speed int) tags(location varchar not null) primary tags (location);' \
    "$url/restapi/ddl"

# ---- Insert: an empty table meters
inserts='insert into meters values("2023-07-30T06:44:40.32Z", "198352498", "beijing");insert into meters values("2023-07-30T06:45:40.32Z", "198352495", "beijing");'
say insert -X POST "${basic[@]}" "${plain[@]}" --data-binary "$inserts" "$url/restapi/insert"
say insert-refused -X POST "${wrong[@]}" "${plain[@]}" --data-binary "$inserts" "$url/restapi/insert"

# ---- Query: ts_table with two rows; then no ts_table
prepare ddl 'CREATE TABLE ts_table (ts timestamp, id varchar(128), electricity float)'
prepare insert "INSERT INTO ts_table VALUES ('2023-07-30T06:44:40.32Z', '198352498', 0.31), ('2023-07-30T06:44:41.32Z', '234758890', 0.33)"
say query -X POST "${basic[@]}" "${plain[@]}" --data-binary 'select * from ts_table;' "$url/restapi/query"
prepare ddl 'DROP TABLE ts_table'
say query-failed -X POST "${basic[@]}" "${plain[@]}" --data-binary 'select * from ts_table;' "$url/restapi/query"

# ---- Telegraf: the tables made beforehand
prepare ddl "DROP TABLE meters"
prepare ddl 'create table meters (ts timestamp not null, current float, voltage int, phase float) tags (location varchar(20) not null) primary tags (location);'
say telegraf-line -X POST "${basic[@]}" "${plain[@]}" --data-binary \
    'meters,location=Beijing, current=17.01,voltage=220,phase=0.29 1556813561098000000' "$url/restapi/telegraf"
prepare ddl 'create table myMeasurement (ts timestamp not null, fieldKey varchar(64)) tags (tag1 varchar(20) not null, tag2 varchar(20)) primary tags (tag1)'
line='myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000'
say telegraf -X POST "${basic[@]}" "${plain[@]}" --data-binary "$line" "$url/restapi/telegraf"
say telegraf-refused -X POST "${wrong[@]}" "${plain[@]}" --data-binary "$line" "$url/restapi/telegraf"

# ---- Session: kwdbuser has logged in above; an ordinary user first, then an administrator
say session -X GET "${text[@]}" "${json[@]}" "${kwdbuser[@]}" "$url/restapi/session"
prepare ddl 'GRANT admin TO kwdbuser'
say session-admin -X GET "${text[@]}" "${json[@]}" "${kwdbuser[@]}" "$url/restapi/session"
id=$(curl -sS --cacert "$ca" "${kwdbuser[@]}" "$url/restapi/session" | sed 's/.*"SessionId":"\([^"]*\)".*/\1/')
say session-delete -X DELETE "${text[@]}" "${json[@]}" "${kwdbuser[@]}" --data-binary "$id" "$url/restapi/session"

# ---- Authentication by user and password: no ts_table
prepare ddl 'REVOKE admin FROM kwdbuser; GRANT CREATE ON DATABASE defaultdb TO kwdbuser'
prepare ddl "ALTER USER kwdbuser WITH PASSWORD 'pass123'"
say by-password -X POST -H 'Username: kwdbuser' -H 'Password: pass123' "${plain[@]}" "${json[@]}" --data-binary \
    'CREATE TABLE ts_table(ts timestamp not null, power int) tags(location varchar(15) not null) primary tags (location);' \
    "$url/restapi/ddl"

# ---- Authentication by token: no ts_table
prepare ddl 'DROP TABLE ts_table'
say by-token -X POST "${basic[@]}" "${plain[@]}" "${json[@]}" --data-binary \
    'CREATE TABLE ts_table(ts timestamp not null, power int) tags(location varchar(15));' "$url/restapi/ddl"

# ---- The token's lifetime
say lifetime -X POST "${basic[@]}" "${plain[@]}" --data-binary 'SET CLUSTER SETTING server.rest.timeout=60' "$url/restapi/ddl"

# ---- Certificates: curl without a scheme follows the redirect; db1.t1 with one row
say create-user -X POST "${basic[@]}" "${plain[@]}" --data-binary "create user rest_user password 'user123456';" "$url/restapi/ddl"
prepare ddl 'CREATE TS DATABASE db1'
prepare ddl 'CREATE TABLE t1 (ts timestamp not null, v int) tags(id int not null) primary tags (id); GRANT SELECT ON TABLE t1 TO rest_user' db1
prepare insert "INSERT INTO t1 VALUES ('2023-07-30T06:44:40.32Z', 1, 7)" db1
say curl-login -L -H "Username:rest_user" -H "Password:user123456" -X GET "$host/restapi/login"
say curl-query -L -H "Content-Type:text/plain" -H "Username:rest_user" -H "Password:user123456" -d "select*from t1;" -X POST "$host/restapi/query?db=db1"

prepare ddl "$no_tables; DROP DATABASE db1 CASCADE"
