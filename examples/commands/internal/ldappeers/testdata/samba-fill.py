"""Fills a Samba Active Directory from an LDIF file, and adds what Exchange and Skype add to the schema.

    samba-fill.py LDIF

It writes straight into the database of the domain controller of this machine, in one transaction.
"""
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

# name, identifier, attributeSyntax, oMSyntax
EXCHANGE = (
    ("msExchHideFromAddressLists", "1.2.840.113556.1.2.73", "2.5.5.8", "1"),
    ("msRTCSIP-PrimaryUserAddress", "1.2.840.113556.1.6.24.1.2", "2.5.5.12", "64"),
)

lp = LoadParm()
lp.load_default()
lp.set("dsdb:schema update allowed", "yes")


def database():
    return SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(), lp=lp)


db = database()
schema = str(db.get_schema_basedn())
for name, identifier, syntax, om in EXCHANGE:
    db.add({"dn": "CN=%s,%s" % (name, schema), "objectClass": "attributeSchema", "lDAPDisplayName": name,
            "attributeID": identifier, "attributeSyntax": syntax, "oMSyntax": om, "isSingleValued": "TRUE"})
db.set_schema_update_now()
for kind in ("User", "Contact", "Group"):
    db.modify_ldif("dn: CN=%s,%s\nchangetype: modify\n%s" % (kind, schema, "".join(
        "add: mayContain\nmayContain: %s\n-\n" % name for name, *_ in EXCHANGE)))
db.set_schema_update_now()
db = database()
# A controller registers this name by itself, but only where it may update its records.
db.modify_ldif("dn: CN=DC1,OU=Domain Controllers,%s\nchangetype: modify\n"
               "add: servicePrincipalName\nservicePrincipalName: ldap/dc1.corp.test\n" % db.domain_dn())
db.transaction_start()
with open(sys.argv[1], encoding="ascii") as file:
    for change, message in db.parse_ldif(file.read()):
        if change == ldb.CHANGETYPE_MODIFY:
            db.modify(message)
        else:
            db.add(message)
db.transaction_commit()
