//! Files that are no hive definitions.

use super::kind;
use crate::inventory::{Expected, HiveFault, NetworkFault, Numbered, PersistentsFault, Place};

pub(super) fn of(fault: &HiveFault) -> String {
    match fault {
        HiveFault::Missing { key, place: at } => format!("{}に `{key}` がありません", place(at)),
        HiveFault::Type { key, place: at, found, expected: wanted } => {
            format!("{}の `{key}` が{}です。{}で書く必要があります", place(at), kind(*found), expected(*wanted))
        }
        HiveFault::UnknownKey { key, place: at, .. } => format!("{}に未知のキー `{key}` があります", place(at)),
        HiveFault::Stage(name) => {
            format!("`{name}` というステージはありません。hive のステージは private、staging、production です")
        }
        HiveFault::Provider(name) => format!(
            "`{name}` というプロバイダはありません。vagrant、aws、azure、gcp、openstack、prepared、kickstart のいずれかです"
        ),
        HiveFault::NotForProvider { key, provider } => {
            format!("`{key}` はプロバイダ `{provider}` では指定できません")
        }
        HiveFault::CustomHostname(name) => format!(
            "`custom_hostname` が `{name}` です。英小文字、数字、ハイフンを 2 文字以上で書き、両端にハイフンを置くことはできません"
        ),
        HiveFault::TooLong { host_name, length } => {
            format!("`{host_name}` とサイト名を合わせると {length} 文字です。hive が受け付けるのは 55 文字未満です")
        }
        HiveFault::Network { text, reason } => format!("`{text}` はネットワークではありません。{}", network(*reason)),
        HiveFault::TooFewAddresses { stage, hosts, placed } => format!(
            "ステージ `{stage}` の {hosts} 台のうち、このネットワークからアドレスを割り当てられるのは {placed} 台だけです"
        ),
        HiveFault::NoSubnet => "`subnets` が空なので、ホストを配置できません".to_owned(),
        HiveFault::SharedRepository => "`shared_repository` には `separate_repository: true` が必要です".to_owned(),
        HiveFault::NoKey(key) => format!("`{key}` には、値が false のときでも `kms_key_id` が必要です"),
        HiveFault::TooManyHosts { stage, limit } => {
            format!("ステージ `{stage}` のホストが {limit} 台を超えています")
        }
        HiveFault::ShortVolume(text) => format!("hive はボリュームの短縮形 `{text}` を受け付けません"),
        HiveFault::VolumeKinds(one, other) => {
            format!("ボリュームに `{one}` と `{other}` の両方を指定することはできません")
        }
        HiveFault::DeviceId { id, volume } => {
            format!("ボリューム `{volume}` の drbd デバイス番号 {id} は、別のボリュームが使っています")
        }
        HiveFault::NoFreeNumber(what) => {
            format!(".hive/persistents.yml に、空いている{}が残っていません", numbered(*what))
        }
        HiveFault::Port(text) => {
            format!("`{text}` はポートではありません。整数で `公開ポート:コンテナのポート/プロトコル` と書きます")
        }
        HiveFault::PortType { found } => format!(
            "ポートが文字列ではなく{}になっています。引用符を付けた `\"公開ポート:コンテナのポート\"` か、マッピングで書きます",
            kind(*found)
        ),
        HiveFault::Protocol(text) => {
            format!("`{text}` というプロトコルはありません。tcp、udp、sctp のいずれかです")
        }
        HiveFault::Persistents(fault) => format!("hive が変数を読み取れません。{}", persistents(fault)),
    }
}

pub(super) fn place(place: &Place) -> String {
    match place {
        Place::File => "ファイル".to_owned(),
        Place::Services => "サービス定義ファイル".to_owned(),
        Place::Key(key) => format!("`{key}` "),
        Place::Stage(name) => format!("ステージ `{name}` "),
        Place::Subnet(stage) => format!("ステージ `{stage}` のサブネット"),
        Place::Service(name) => format!("サービス `{name}` "),
        Place::Image(service) => format!("サービス `{service}` のイメージ"),
        Place::Port(service) => format!("サービス `{service}` のポート"),
        Place::Volume(service) => format!("サービス `{service}` のボリューム"),
        Place::Network(name) => format!("ネットワーク `{name}` "),
    }
}

fn expected(expected: Expected) -> &'static str {
    match expected {
        Expected::Text => "文字列",
        Expected::Number => "整数",
        Expected::List => "リスト",
        Expected::Stages => "ステージのリスト",
        Expected::Addresses => "アドレスのリスト",
        Expected::Texts => "文字列のリスト",
        Expected::Mappings => "マッピングのリスト",
        Expected::Mapping => "マッピング",
        Expected::MappingOfStages => "ステージのマッピング",
        Expected::YamlList => "（YAML の）リスト",
        Expected::YamlMappings => "（YAML の）マッピングのリスト",
        Expected::YamlMapping => "（YAML の）マッピング",
        Expected::YamlTextOrMapping => "（YAML の）文字列かマッピング",
        Expected::YamlServices => "（YAML の）サービスのマッピング",
        Expected::YamlNetworks => "（YAML の）ネットワークのマッピング",
    }
}

fn network(fault: NetworkFault) -> &'static str {
    match fault {
        NetworkFault::Syntax => "`192.168.0.0/24` のように、アドレスとプレフィックス長で書きます",
        NetworkFault::HostBits => "ホスト部のビットが立っています。ネットワークの先頭アドレスを書きます",
        NetworkFault::TooSmall => "小さすぎて、ホストに割り当てるアドレスがありません",
    }
}

fn numbered(what: Numbered) -> &'static str {
    match what {
        Numbered::Device => " drbd デバイス番号",
        Numbered::Port => "公開ポート",
    }
}

fn persistents(fault: &PersistentsFault) -> String {
    match fault {
        PersistentsFault::Empty => "ファイルが空です".to_owned(),
        PersistentsFault::NoMapping => "ファイルがマッピングではありません".to_owned(),
        PersistentsFault::NoScopes(name) => {
            format!("`{name}` が `global` とステージのマッピングではありません")
        }
    }
}
