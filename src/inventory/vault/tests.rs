//! Texts that the real `ansible-vault` wrote, and ours.

use proptest::prelude::*;

use super::{
    Value, Vault, VaultFault, cipher,
    secret::{Place, Source},
};

fn vault(passwords: &[(&str, &str)]) -> Vault {
    let source = |(label, password): &(&str, &str)| Source {
        label: (*label).to_owned(),
        named: true,
        place: Place::Given(password.as_bytes().to_vec().into()),
    };
    Vault::new(passwords.iter().map(source).collect())
}

fn opened(vault: &Vault, text: &str) -> Result<String, VaultFault> {
    vault.open(text).map(|value| match &*value {
        Value::Unsafe(text) => text.clone(),
        other => panic!("expected text, got {other:?}"),
    })
}

fn sealed(text: &str, password: &str, label: Option<&str>) -> String {
    cipher::encrypt(text.as_bytes(), password.as_bytes(), b"0123456789abcdef0123456789abcdef", label)
}

/// `ansible-vault encrypt` of ansible-core 2.18, password `pw1`.
const RECORDED_11: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
61646133376437356162383835346631626336303939303861656563383165656637396136343432\n\
3063383963663363626530653839383761666438396464640a346161643734376161613437646333\n\
65393464626630666163383731326138353937633563653131633732616539373438313239623039\n\
3966373161383862330a626463363863393762306232653363613830626233373037646639353430\n\
3132\n";

/// The same with `--vault-id dev@FILE`, password `dev password`.
const RECORDED_12: &str = "$ANSIBLE_VAULT;1.2;AES256;dev\n\
39326166376138623636656137616236343930636531643762373138336531303534626536663137\n\
3634646237393131383461316230633566663063653131350a363135396565613534376436323437\n\
37623132663737663736333761316338303130623937613337383533376437373732626662333139\n\
3332633831356366360a646430333863666566653132663931313866393936643564346533663439\n\
34303731643034303862326633633230393437366263386663393536386166343933\n";

#[test]
fn what_ansible_wrote_is_read() {
    let vault = vault(&[("dev", "dev password"), ("default", "pw1")]);
    assert_eq!(opened(&vault, RECORDED_11).as_deref(), Ok("s3cret of 1.1"));
    assert_eq!(opened(&vault, RECORDED_12).as_deref(), Ok("s3cret of 1.2, é"));
    let indented = RECORDED_12.replace('\n', "\r\n   ");
    assert_eq!(opened(&vault, &indented).as_deref(), Ok("s3cret of 1.2, é"), "line ends and blanks do not matter");
}

#[test]
fn each_way_to_stay_closed_has_its_own_name() {
    let label = Some("dev".to_owned());
    assert_eq!(
        opened(&Vault::default(), RECORDED_12),
        Err(VaultFault::NoPassword { label: label.clone(), faults: Vec::new() })
    );
    let wrong = vault(&[("dev", "no"), ("prod", "neither")]);
    assert_eq!(opened(&wrong, RECORDED_12), Err(VaultFault::WrongPassword { label, tried: 2, faults: Vec::new() }));
    let right = vault(&[("dev", "dev password")]);
    let damaged = |text: &str| match opened(&right, text) {
        Err(VaultFault::Damaged(why)) => why,
        other => panic!("expected damage, got {other:?}"),
    };
    let cut = &RECORDED_12[..RECORDED_12.len() / 2];
    for text in ["", "$ANSIBLE_VAULT", "$ANSIBLE_VAULT;1.1;AES256", "$ANSIBLE_VAULT;1.1;AES256\nxy\n", cut] {
        assert!(!damaged(text).is_empty(), "{text}");
    }
    assert_eq!(opened(&right, "$ANSIBLE_VAULT;1.0;AES\n00\n"), Err(VaultFault::Version("1.0".to_owned())));
    assert_eq!(opened(&right, "$ANSIBLE_VAULT;1.1;AES\n00\n"), Err(VaultFault::Cipher("AES".to_owned())));
}

#[test]
fn what_was_opened_is_concealed_and_nothing_else() {
    let vault = vault(&[("default", "pw1")]);
    for text in ["hunter2 it's", "22", "two\nlines of it", "x", "local"] {
        opened(&vault, &sealed(text, "pw1", None)).expect("it opens");
    }
    for (text, shown) in [
        ("got hunter2 it's here", "got [vaulted] here"),
        (r"echo 'hunter2 it'\''s'", "echo '[vaulted]'"),
        ("cut: hunter2…", "cut: [vaulted]…"),
        ("port 22, on 2022-11-22 at 22:22", "port [vaulted], on 2022-11-[vaulted] at [vaulted]:[vaulted]"),
        ("port 2222", "port 2222"),
        ("| lines of it", "| [vaulted]"),
        ("x and hunter...", "x and [vaulted]..."),
        ("a localhost, local or not", "a localhost, [vaulted] or not"),
        ("nothing of it", "nothing of it"),
    ] {
        assert_eq!(vault.redactor().redact(text), shown);
    }
}

#[test]
fn a_sealed_value_keeps_its_type_and_shows_nothing() {
    let vault = vault(&[("default", "pw1")]);
    let secret = Value::List(vec![Value::Int(4711), Value::String("{{ x }} secret".to_owned())]);
    let Value::Vault(handle) = vault.seal("pin", secret.clone()) else { panic!("not sealed") };
    assert!(!handle.contains("4711") && !handle.contains("secret"), "{handle}");
    assert_eq!(*vault.open(&handle).expect("it opens"), secret);
    assert_ne!(vault.seal("pin", secret), Value::Vault(handle), "two variables are two");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_text_comes_back(text in ".{0,200}", password in ".{1,40}", label in prop::option::of("[a-z]{1,8}")) {
        let vault = vault(&[("other", "wrong"), ("default", &password)]);
        prop_assume!(password != "wrong");
        prop_assert_eq!(opened(&vault, &sealed(&text, &password, label.as_deref())), Ok(text));
    }
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "(\\$ANSIBLE_VAULT(;[0-9.]{0,3}(;AES256(;[a-z]{0,3})?)?)?\n)?[0-9a-f\n x]{0,300}") {
        prop_assert!(opened(&Vault::default(), &text).is_err());
    }
}
