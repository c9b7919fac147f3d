//! What can be wrong with a call, said in full.

use hal::memory::AccessFault;
use thiserror::Error;

use super::function::FunctionId;
use super::ids::{Handle, PartitionId, TargetInfo, Uuid, Version};
use super::wording::{Clause, Item};

/// Why a call is refused. Its `Display` is a sentence for a person; [`Error::code`] is what the caller gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Error {
    // Reading registers and descriptors.
    /// The function is not FF-A's, or not one that this caller can call.
    #[error("{function} is not supported for this caller")]
    NotSupported {
        /// What was called.
        function: FunctionId,
    },
    /// A register holds a value that the call does not allow.
    #[error("{register} of {function} is {found:#x}: {allowed}")]
    Register {
        /// What was called.
        function: FunctionId,
        /// The register, as a person names it.
        register: Item,
        /// Its value.
        found: u64,
        /// What would have been right, as a clause.
        allowed: Clause,
    },
    /// A field of a descriptor holds a value that it must not.
    #[error("{field} is {found:#x}: {allowed}")]
    Field {
        /// The field, as a person names it.
        field: Item,
        /// Its value.
        found: u64,
        /// What would have been right, as a clause.
        allowed: Clause,
    },
    /// A descriptor names more than there is room for.
    #[error("{field} is {found}: there is room for {limit}")]
    TooMany {
        /// What there is too much of.
        field: Item,
        /// How many were named.
        found: u64,
        /// How many are possible.
        limit: u64,
    },

    // Versions and features.
    /// The caller asks for a version that the callee does not understand.
    #[error("version {requested} is asked for: {offered} is here")]
    IncompatibleVersion {
        /// What was asked for.
        requested: Version,
        /// What the callee has.
        offered: Version,
    },
    /// Bit 31 of the version word is set.
    #[error("the version word has bit 31 set: it must be zero")]
    MalformedVersion,
    /// The caller asks for another version after it used the one it agreed on.
    #[error("version {requested} is asked for after calls in version {agreed}")]
    VersionLocked {
        /// What was asked for.
        requested: Version,
        /// What was agreed on.
        agreed: Version,
    },
    /// FFA_FEATURES asks for something that is not here for this caller.
    #[error("feature {id:#x} with properties {properties:#x} is not here for this caller")]
    UnknownFeature {
        /// The function or feature id.
        id: u32,
        /// The input properties.
        properties: u32,
    },

    // Endpoints and messages.
    /// No endpoint has the receiver's id.
    #[error("there is no endpoint {receiver}")]
    UnknownReceiver {
        /// The id.
        receiver: PartitionId,
    },
    /// A caller says it is another.
    #[error("{caller} calls itself {claimed}")]
    SpoofedSender {
        /// Who it says it is.
        claimed: PartitionId,
        /// Who it is.
        caller: PartitionId,
    },
    /// An endpoint sends to itself.
    #[error("{sender} sends to itself")]
    ReceiverIsSender {
        /// The endpoint.
        sender: PartitionId,
    },
    /// A partition sends a request to the normal world.
    #[error("{sender} may not send a request to {receiver}, which is in the normal world")]
    RequestToNormalWorld {
        /// The partition.
        sender: PartitionId,
        /// The endpoint in the normal world.
        receiver: PartitionId,
    },
    /// The receiver is not waiting for a message.
    #[error("{receiver} is not waiting for a message")]
    ReceiverBusy {
        /// The receiver.
        receiver: PartitionId,
    },
    /// The receiver has the core from FFA_RUN, and the caller works for it.
    #[error("{receiver} waits for who asks it: the call chain would be a cycle")]
    ReceiverInChain {
        /// The receiver.
        receiver: PartitionId,
    },
    /// The receiver's manifest does not let it receive what was sent.
    #[error("the manifest of {receiver} does not let it receive direct requests")]
    CannotReceiveDirect {
        /// The receiver.
        receiver: PartitionId,
    },
    /// The sender's manifest does not let it send what it sent.
    #[error("the manifest of {sender} does not let it send direct requests")]
    CannotSendDirect {
        /// The sender.
        sender: PartitionId,
    },
    /// A request names a service that the receiver has not.
    #[error("{receiver} has no service {service}")]
    UnknownService {
        /// The receiver.
        receiver: PartitionId,
        /// What was named.
        service: Uuid,
    },
    /// The receiver speaks a version that has no such message.
    #[error("{receiver} speaks version {version}, which has no {function}")]
    ReceiverTooOld {
        /// The receiver.
        receiver: PartitionId,
        /// What it speaks.
        version: Version,
        /// What was sent.
        function: FunctionId,
    },
    /// The receiver's manifest does not ask for the framework's message.
    #[error("the manifest of {receiver} does not ask to be told of this")]
    NotSubscribed {
        /// The receiver.
        receiver: PartitionId,
    },
    /// The sender has no TX buffer, or its manifest or version no indirect messages.
    #[error("{sender} cannot send indirect messages")]
    CannotSendIndirect {
        /// The sender.
        sender: PartitionId,
    },
    /// The receiver's manifest or version has no indirect messages.
    #[error("{receiver} cannot receive indirect messages")]
    CannotReceiveIndirect {
        /// The receiver.
        receiver: PartitionId,
    },
    /// The partition aborted.
    #[error("{partition} has aborted")]
    PartitionAborted {
        /// Which.
        partition: PartitionId,
    },
    /// A direct response goes to an endpoint that did not ask.
    #[error("{sender} has no request of {receiver} to answer")]
    NotRequester {
        /// Who answers.
        sender: PartitionId,
        /// Who was to get the answer.
        receiver: PartitionId,
    },
    /// No partition offers the service.
    #[error("no partition has UUID {uuid}")]
    UnknownUuid {
        /// What was asked for.
        uuid: Uuid,
    },
    /// The tag names no list of partitions that there is.
    #[error("tag {tag:#x} names no list of partitions: ask from the beginning")]
    StaleTag {
        /// The tag.
        tag: u16,
    },

    /// EL3 does not say which logical partitions it has.
    #[error("EL3 answers {found:#x} when it is asked for its logical partitions")]
    NotListed {
        /// x0 of its answer.
        found: u64,
    },

    // Running.
    /// The runtime model of the caller's vCPU does not allow the call.
    #[error("{function} is not allowed {model}")]
    CallNotAllowed {
        /// What was called.
        function: FunctionId,
        /// The runtime model, as "while handling a direct request".
        model: Clause,
    },
    /// FFA_RUN names a vCPU that there is not.
    #[error("there is no vCPU {} of {}", .target.vcpu, .target.partition)]
    UnknownVcpu {
        /// What was named.
        target: TargetInfo,
    },
    /// FFA_RUN names a vCPU that runs on another core only.
    #[error("vCPU {} of {} runs on another core only", .target.vcpu, .target.partition)]
    PinnedElsewhere {
        /// What was named.
        target: TargetInfo,
    },
    /// FFA_RUN names a vCPU that cannot run now.
    #[error("vCPU {} of {} cannot be run: it is {state}", .target.vcpu, .target.partition)]
    CannotRun {
        /// What was named.
        target: TargetInfo,
        /// Its state, as "running on another core".
        state: Clause,
    },
    /// FFA_RUN names a vCPU that runs already.
    #[error("vCPU {} of {} is running already", .target.vcpu, .target.partition)]
    VcpuBusy {
        /// What was named.
        target: TargetInfo,
    },

    // Mailboxes.
    /// The RX buffer holds something that was not released.
    #[error("the RX buffer of {owner} is full")]
    RxFull {
        /// Whose it is.
        owner: PartitionId,
    },
    /// An answer needs an RX buffer that was not mapped.
    #[error("{owner} has no RX buffer")]
    RxNotMapped {
        /// Who should have one.
        owner: PartitionId,
    },
    /// FFA_RX_ACQUIRE of a buffer that somebody holds.
    #[error("the RX buffer of {owner} is held already")]
    RxHeld {
        /// Whose it is.
        owner: PartitionId,
    },
    /// FFA_RX_RELEASE of a buffer that the caller does not hold.
    #[error("{owner} releases an RX buffer that it does not hold")]
    RxNotOwned {
        /// Who released.
        owner: PartitionId,
    },
    /// A descriptor should be in a TX buffer that was not mapped.
    #[error("{owner} has no TX buffer")]
    TxNotMapped {
        /// Who should have one.
        owner: PartitionId,
    },
    /// FFA_RXTX_MAP while there is a mailbox.
    #[error("{owner} has RX and TX buffers already")]
    RxTxMapped {
        /// Who called.
        owner: PartitionId,
    },
    /// FFA_RXTX_UNMAP or FFA_RX_ACQUIRE while there is no mailbox.
    #[error("{owner} has no RX and TX buffers")]
    RxTxNotMapped {
        /// Who should have them.
        owner: PartitionId,
    },
    /// A hypervisor names buffers of what is no VM, or of one VM too many.
    #[error("{owner} can have no RX and TX buffers: {reason}")]
    NoVm {
        /// Whose they are to be.
        owner: PartitionId,
        /// Why not, as a clause.
        reason: Clause,
    },
    /// A page cannot be a mailbox buffer: the caller does not own it alone, or cannot read and write it.
    #[error("the page at {address:#x} cannot be a mailbox buffer of {owner}")]
    RxTxPage {
        /// Who called.
        owner: PartitionId,
        /// The page's address as the caller names it.
        address: u64,
    },
    /// What was asked for does not fit in the RX buffer.
    #[error("the answer has {needed} bytes: the RX buffer has {size}")]
    AnswerTooLarge {
        /// Bytes of the answer.
        needed: u64,
        /// Bytes of the buffer.
        size: u64,
    },
    /// Hardware refused the access to a caller's memory.
    #[error("the memory at {address:#x} refused an access")]
    AccessFault {
        /// The physical address.
        address: u64,
    },

    // Notifications.
    /// The endpoint has no notifications.
    #[error("{receiver} has no notifications")]
    NoNotifications {
        /// Whose they would be.
        receiver: PartitionId,
    },
    /// FFA_NOTIFICATION_BITMAP_DESTROY of what there is not.
    #[error("{owner} has no notifications that could be destroyed")]
    NoBitmap {
        /// Whose they would be.
        owner: PartitionId,
    },
    /// FFA_NOTIFICATION_BITMAP_CREATE of what there is already.
    #[error("{owner} has notifications already")]
    BitmapExists {
        /// Whose they are.
        owner: PartitionId,
    },
    /// Notifications that are to go, or to change, are pending.
    #[error("notifications {pending:#x} of {receiver} are pending")]
    NotificationsPending {
        /// Whose they are.
        receiver: PartitionId,
        /// Which are.
        pending: u64,
    },
    /// FFA_NOTIFICATION_BIND of what another has.
    #[error("notifications {bound:#x} of {receiver} are bound to another")]
    BoundToAnother {
        /// Whose they are.
        receiver: PartitionId,
        /// Which are.
        bound: u64,
    },
    /// FFA_NOTIFICATION_SET or UNBIND by, or of, one to whom they are not bound so.
    #[error("notifications {bits:#x} of {receiver} are not all bound like this to {sender}")]
    NotBound {
        /// Who would set them.
        sender: PartitionId,
        /// Whose they are.
        receiver: PartitionId,
        /// Which were named.
        bits: u64,
    },
    /// FFA_NOTIFICATION_INFO_GET while there is nothing to tell.
    #[error("nobody has notifications that the scheduler was not told of")]
    NothingToSchedule,
    /// FFA_RX_RELEASE of a buffer whose owner did not read that it is full.
    #[error("{owner} has not got the notification that its RX buffer is full")]
    RxUnread {
        /// Whose it is.
        owner: PartitionId,
    },

    // Memory.
    /// The caller does not own the page that it sends.
    #[error("{caller} does not own the page at {address:#x}")]
    PageNotOwned {
        /// Who sends.
        caller: PartitionId,
        /// The page's address as the caller names it.
        address: u64,
    },
    /// The page is in a live transaction.
    #[error("the page at {address:#x} is in a transaction already")]
    PageInTransaction {
        /// The page's address as the caller names it.
        address: u64,
    },
    /// The page is the caller's mailbox.
    #[error("the page at {address:#x} is a mailbox buffer")]
    PageIsMailbox {
        /// The page's address as the caller names it.
        address: u64,
    },
    /// No live transaction has the handle.
    #[error("there is no transaction {handle}")]
    UnknownHandle {
        /// The handle.
        handle: Handle,
    },
    /// Another endpoint than the owner reclaims.
    #[error("{caller} does not own the memory of transaction {handle}")]
    NotOwner {
        /// Who called.
        caller: PartitionId,
        /// The transaction.
        handle: Handle,
    },
    /// A borrower has not relinquished.
    #[error("{borrower} still has the memory of transaction {handle}")]
    StillBorrowed {
        /// The transaction.
        handle: Handle,
        /// Who has it.
        borrower: PartitionId,
    },
    /// The caller is none of the transaction's receivers.
    #[error("transaction {handle} does not name {caller} as a receiver")]
    NotBorrower {
        /// The transaction.
        handle: Handle,
        /// Who called.
        caller: PartitionId,
    },
    /// The caller relinquishes what it did not retrieve.
    #[error("{caller} has not retrieved the memory of transaction {handle}")]
    NotRetrieved {
        /// The transaction.
        handle: Handle,
        /// Who called.
        caller: PartitionId,
    },
    /// The caller retrieves a second time.
    #[error("{caller} has retrieved the memory of transaction {handle} already")]
    AlreadyRetrieved {
        /// The transaction.
        handle: Handle,
        /// Who called.
        caller: PartitionId,
    },
    /// A field of a retrieve request is not what the owner sent.
    #[error("{field} of the retrieve request is {found:#x}: the owner sent {sent:#x}")]
    NotAsSent {
        /// The field.
        field: Item,
        /// What the receiver says.
        found: u64,
        /// What the owner said.
        sent: u64,
    },
    /// A caller sends memory in another's name.
    #[error("the descriptor names {found} as the sender: the caller is {caller}")]
    SentForAnother {
        /// Who is named.
        found: PartitionId,
        /// Who called.
        caller: PartitionId,
    },
    /// A page is mapped to the receiver already, by another way.
    #[error("the page at {address:#x} is mapped to {receiver} already")]
    PageMapped {
        /// The page's address.
        address: u64,
        /// Who has it.
        receiver: PartitionId,
    },
    /// The sender named in a retrieve request is not the memory's owner.
    #[error("the retrieve request names {found} as the sender: it was {sender}")]
    NotSender {
        /// Who is named.
        found: PartitionId,
        /// Who sent.
        sender: PartitionId,
    },
    /// Memory attributes that this memory cannot be given with.
    #[error("memory attributes {found:#x} are refused: {allowed}")]
    AttributesRefused {
        /// The attributes.
        found: u16,
        /// What would have been right, as a clause.
        allowed: Clause,
    },
    /// Permissions beyond what the owner has or gave.
    #[error("permissions {found:#x} exceed {allowed:#x}")]
    PermissionsExceed {
        /// What was asked for.
        found: u8,
        /// What there is.
        allowed: u8,
    },
    /// A pool or a table is full.
    #[error("there is no room for {what}")]
    NoMemory {
        /// What there is no room for.
        what: Item,
    },
}

impl From<AccessFault> for Error {
    fn from(AccessFault { address, .. }: AccessFault) -> Self {
        Self::AccessFault { address }
    }
}

// Results of calls are moved often.
const _: () = assert!(size_of::<Error>() <= 24, "an error is small");
