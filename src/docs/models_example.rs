use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::{Acquire, Release};
use provider_tree::{NewProvider, ProviderTree};
use uuid::Uuid;

const HOST: Uuid = Uuid::from_u128(0xa);

#[test]
fn a_scheduler_sees_the_version_it_was_told_of() {
    loom::model(|| {
        let tree = Arc::new(ProviderTree::new());
        let told = Arc::new(AtomicU64::new(0));
        let agent = loom::thread::spawn({
            let (tree, told) = (tree.clone(), told.clone());
            move || {
                let committed = tree.new_root(NewProvider::new("host").uuid(HOST)).unwrap();
                told.store(committed.version, Release);
            }
        });
        let version = told.load(Acquire);
        assert!(tree.version() >= version);
        agent.join().unwrap();
    });
}
