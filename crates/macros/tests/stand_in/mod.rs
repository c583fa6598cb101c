//! A runtime for the attributes to build, which writes down how that was done.

pub mod runtime {
    use std::cell::RefCell;

    thread_local! {
        pub static BUILT: RefCell<String> = const { RefCell::new(String::new()) };
    }

    #[derive(Debug)]
    pub struct Builder(String);
    #[derive(Debug)]
    pub struct Runtime(String);

    impl Builder {
        pub fn new_multi_thread() -> Self {
            Self("multi_thread".to_owned())
        }
        pub fn new_current_thread() -> Self {
            Self("current_thread".to_owned())
        }
        fn note(&mut self, what: &str) -> &mut Self {
            self.0.push(' ');
            self.0.push_str(what);
            self
        }
        pub fn worker_threads(&mut self, number: usize) -> &mut Self {
            self.note(&format!("worker_threads={number}"))
        }
        pub fn start_paused(&mut self, paused: bool) -> &mut Self {
            self.note(&format!("start_paused={paused}"))
        }
        pub fn name(&mut self, name: impl Into<String>) -> &mut Self {
            self.note(&format!("name={}", name.into()))
        }
        pub fn enable_all(&mut self) -> &mut Self {
            self.note("enable_all")
        }
        #[allow(clippy::unnecessary_wraps)] // the real one can fail
        pub fn build(&mut self) -> Result<Runtime, String> {
            Ok(Runtime(self.0.clone()))
        }
        #[allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value)] // as in the real one
        pub fn build_local(&mut self, _: LocalOptions) -> Result<Runtime, String> {
            Ok(Runtime(self.note("local").0.clone()))
        }
    }

    #[derive(Debug, Default)]
    #[non_exhaustive]
    pub struct LocalOptions {}

    impl Runtime {
        pub fn block_on<F: Future>(self, future: F) -> F::Output {
            BUILT.set(self.0);
            handcrank_executor::block_on(future)
        }
    }

    pub fn built() -> String {
        BUILT.take()
    }
}
