//! CONTRIBUTING.md says where each thing is decided, and which test shows it.

use crate::pages::{read, root, table};

#[test]
fn each_question_has_files() {
    let rows = table(&read("CONTRIBUTING.md"), "question");
    assert!(rows.len() >= 20, "{} questions", rows.len());
    for row in &rows {
        let [question, decided, shown] = &row[..] else { panic!("{row:?}") };
        for cell in [decided, shown] {
            let files: Vec<_> = cell.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
            assert!(!files.is_empty(), "{question}: no file");
            assert!(
                files.iter().all(|file| root().join(file.split('#').next().unwrap()).exists()),
                "{question}: {files:?}"
            );
        }
    }
    // README, this table, the file: two steps.
    assert!(read("README.md").contains("](CONTRIBUTING.md"));
}
