//! What stands at an address: looked up once in a process, and kept.

use std::collections::HashMap;
use std::ffi::c_void;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::origin;
use super::own::Directories;

/// So many addresses are kept. A large program has fewer places that lead to a query.
const MOST_ADDRESSES: usize = 1 << 16;

/// A place in the program's own code.
#[derive(Debug, PartialEq)]
pub(super) struct Site {
    /// The file and the line; `None` where the build has no line tables.
    pub(super) place: Option<(String, u32)>,
    pub(super) function: String,
}

/// What was looked up so far, by workers.
#[derive(Default)]
struct Known {
    ours: Directories,
    /// What was found at each address; `None` where only libraries' code is.
    sites: HashMap<usize, Option<Arc<Site>>>,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Addresses that are known to be the program's own, each in a slot by its number, which a later one may take from it. The
/// calling threads look here, where they wait for nobody.
static OWN: [AtomicUsize; 1024] = [const { AtomicUsize::new(0) }; 1024];

/// Whether an address is known to be the program's own. To walk the stack any farther would be most of what a caller costs.
#[inline]
pub(super) fn is_known_own(address: usize) -> bool {
    slot(address).load(Relaxed) == address
}

fn slot(address: usize) -> &'static AtomicUsize {
    // Code lies close together: the lowest bits differ most.
    &OWN[(address ^ (address >> 10)) % OWN.len()]
}

/// The first place of the program's own among these addresses.
pub(super) fn first(addresses: &[usize]) -> Option<Arc<Site>> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let Known { ours, sites } = &mut *known;
    if ours.update() {
        // Another adapter's functions may have been taken for the program's.
        sites.clear();
        OWN.iter().for_each(|slot| slot.store(0, Relaxed));
    }
    for address in addresses {
        if sites.len() >= MOST_ADDRESSES && !sites.contains_key(address) {
            sites.clear();
        }
        if let Some(site) = sites.entry(*address).or_insert_with(|| look_up(*address, ours).map(Arc::new)) {
            slot(*address).store(*address, Relaxed);
            return Some(Arc::clone(site));
        }
    }
    None
}

/// The innermost of the functions at an address, of which all but the last were inlined, that is the program's own.
fn look_up(address: usize, ours: &Directories) -> Option<Site> {
    let mut site = None;
    // It is told a return address, and looks up the instruction before.
    backtrace::resolve(address as *mut c_void, |symbol| {
        if site.is_some() {
            return;
        }
        // Without the hash at its end. There may be a file without a name, where symbols were removed and line tables were not.
        let name = symbol.name().map(|name| format!("{name:#}"));
        if origin::is_own(symbol.filename(), name.as_deref().unwrap_or_default(), ours) {
            let place = symbol.filename().zip(symbol.lineno()).map(|(file, line)| (shown(file), line));
            let function = name.as_deref().map_or("<unknown>", origin::function).to_owned();
            site = Some(Site { place, function });
        }
    });
    site
}

/// The path as it is seen from where the program runs.
fn shown(file: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
    relative.as_deref().unwrap_or(file).display().to_string()
}
