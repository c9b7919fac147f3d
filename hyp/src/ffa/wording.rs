//! The words in which a refused call is explained.
//!
//! An [`Error`](super::error::Error) carries these, a byte each, and not the words themselves: errors stay small, and an image that
//! explains nothing to anybody has none of them.

use core::fmt;

/// Defines words, each with its name.
macro_rules! words {
    ($(#[$attribute:meta])* $words:ident { $($name:ident = $text:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $words {
            $(#[doc = $text] $name,)+
        }

        impl fmt::Display for $words {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

words! {
    /// What an error is about: a register, a field, what there is too much of.
    Item {
        W1 = "w1",
        W2 = "w2",
        W3 = "w3",
        W4 = "w4",
        W5 = "w5",
        W6 = "w6",
        W7 = "w7",
        X1 = "x1",
        TxAddress = "x1 (TX)",
        RxAddress = "x2 (RX)",
        StartIndex = "x3 (start index)",
        BufferAddress = "x3 (buffer)",
        BufferPages = "w4 (pages of the buffer)",
        TotalLength = "w1 (total length)",
        FragmentLength = "w2 (fragment length)",
        PayloadOffset = "the payload's offset",
        PayloadSize = "the payload's size",
        MessageEnd = "the message's end",
        Attributes = "attributes",
        Permissions = "permissions",
        AccessFlags = "access flags",
        AccessFlagsOfSend = "access flags of a send",
        CompositeReserved = "reserved field of the composite",
        RangeCount = "range count",
        RangeReserved = "reserved field of a range",
        RangeAddress = "address of a range",
        RangePages = "page count of a range",
        TotalPages = "total page count",
        TxOffset = "offset of the TX buffer",
        RxOffset = "offset of the RX buffer",
        RxPages = "page count of the RX buffer",
        TxRange = "address of the TX buffer",
        RxRange = "address of the RX buffer",
        BufferPairPages = "page count of the buffers",
        BufferOffset = "offset of a buffer",
        ReceiverCount = "receiver count",
        Receivers = "the number of receivers",
        Receiver = "receiver",
        CompositeOffset = "composite offset",
        CompositeOffsetOfRequest = "composite offset of a retrieve request",
        RequestLength = "length of the retrieve request",
        BesideHandle = "a field beside the handle",
        Flags = "flags",
        RequestFlags = "the flags of the retrieve request",
        HeaderReserved = "reserved field of the header",
        AccessSize = "access descriptor size",
        AccessOffset = "offset of the access descriptors",
        AccessReserved = "reserved field of an access descriptor",
        HandleOfSend = "handle of a send",
        PartLength = "length of the descriptor, or of a part of it,",
        RelinquishFlags = "flags of the relinquish descriptor",
        RelinquishCount = "endpoint count of the relinquish descriptor",
        DescriptorLength = "the descriptor's length",
        Tag = "the tag",
        TransactionKind = "the kind of transaction",
        InstructionAccess = "the instruction access of the retrieve request",
        ImplementationDefined = "the implementation-defined field",
        Pages = "the number of pages",
        Tables = "translation tables",
        PageRun = "another run of pages",
        Transaction = "another memory transaction",
    }
}

words! {
    /// How a sentence about an error ends: what would have been right, or when.
    Clause {
        Zero = "it must be zero",
        ZeroBefore1_2 = "before version 1.2 it must be zero",
        AtMost48Before1_2 = "before version 1.2 it must be at most 48",
        PagesUpToFour = "it must be a page count of 1 to 4",
        PageAligned = "it must be a multiple of 4096",
        BufferInAddressSpace = "the buffer must end below 2^64",
        BuffersApart = "the buffers must not overlap",
        CountOnly = "only bit 0 (count only) may be set",
        LowHalfZero = "bits [15:0] must be zero",
        HighHalfZero = "bits [31:16] must be zero",
        KeepRxOnly = "only bit 0 (keep the RX buffer) may be set",
        KnownFramework = "it must be zero, or name a framework message that is known here",
        DelayOnly = "only bit 1 (delay the schedule receiver interrupt) may be set",
        WithinTotal = "it must be 1 to the total length in w1",
        MultipleOf16 = "it must be a multiple of 16",
        OneFragment = "a retrieve request must be in one fragment",
        ZeroMemoryOnly = "only bit 0 (zero the memory) may be set",
        FitsRegisters = "it must be a count of at least 1 and at most what the registers hold",
        PayloadBehindHeader = "the payload must begin behind the header",
        MessageWithinPage = "the message must end within a page",
        MessageWithinPageThere = "with the receiver's header the message must end within a page",
        Bits15To7Zero = "bits [15:7] must be zero",
        TypeReserved = "the type in bits [5:4] is reserved",
        CacheabilityReserved = "the cacheability in bits [3:2] is reserved",
        ShareabilityReserved = "the shareability in bits [1:0] is reserved",
        WriteBackShareable = "the memory is normal, write-back, inner shareable (0x2f)",
        Bits7To4Zero = "bits [7:4] must be zero",
        DataAccessReserved = "the data access in bits [1:0] is reserved",
        InstructionAccessReserved = "the instruction access in bits [3:2] is reserved",
        Bit0Only = "only bit 0 may be set",
        RangesToTheEnd = "it must be at least 1, and the ranges must end where the descriptor ends",
        AtLeastOne = "it must be at least 1",
        RangeInAddressSpace = "the range must end below 2^64",
        RangesApart = "it must not overlap another range",
        SumOfRanges = "it must be the sum of the ranges' page counts",
        MultipleOf8BehindHeader = "it must be a multiple of 8 behind the header",
        TxPages = "it must be the TX buffer's",
        One = "it must be 1",
        UpTo32 = "it must be 1 to 32",
        BehindAccess = "it must be behind the access descriptors",
        EndsWithAccess = "it must end with the access descriptors",
        IsSender = "it is the sender",
        NamedTwice = "it is named twice",
        SameForAll = "it must be the same for all receivers",
        Bits31To11Zero = "bits [31:11] must be zero",
        AccessSizeOfVersion = "it must be 16 before version 1.2 and 32 from then on",
        AccessOffsetShape = "it must be a multiple of 16, at least 48",
        NoneForShare = "none may be set for a share",
        DonationToOne = "a donation has one receiver",
        TypeIsReceivers = "a donation or a loan to one leaves the memory type to the receiver",
        InstructionAccessNotGiven = "instruction access is not the sender's to give",
        DonationLimitsNothing = "a donation does not limit data access",
        DataAccessGiven = "data access must be given",
        NoTimeSlicing = "time slicing (bit 1) is not offered",
        NoAlignment = "an alignment hint (bits [9:5]) is not offered",
        BypassForOne = "bit 10 goes with one receiver, from version 1.1 on",
        ShareNotZeroed = "shared memory is not zeroed",
        NonSecureZero = "bit 6 (non-secure) must be zero",
        EndsTooSoon = "it ends before what it should hold",
        OwnOnly = "it must be 1: each borrower gives back its own",
        DescriptorIndex = "it must be the number of a descriptor, counted from 0",
        NormalWorldFlagsZero = "the normal world's flags must be zero",
        HypervisorHasNoPages = "only a hypervisor has no pages",
        WithinTx = "it must be within the TX buffer",
        NotBeyondTx = "it must not exceed the TX buffer",
        NoVm = "it is no VM",
        NoRoomForVm = "there is no room for another VM",
        FrameworkIsHypervisors = "the framework's messages are a hypervisor's to send",
        OwnInstruction = "it must be an instruction in the caller's own memory",
        ShareNeverExecutable = "shared memory is never executable: it must not be specified",
        WhileRun = "while run without a request",
        WhileHandlingRequest = "while handling a direct request",
        WhileHandlingInterrupt = "while handling a secure interrupt",
        WhileInitialising = "while initialising itself",
        BeforeInterruptedCallee = "before an interrupted callee was run on",
        BeforeStoppedCallee = "before a stopped callee was run on",
        ToAnotherKind = "in answer to a request of another kind",
        AfterInitialisation = "after its initialisation",
        FromPartition = "from a partition: interrupts come from the monitor",
        InNormalWorld = "in the normal world",
        WaitingForMessage = "waiting for a message",
        StoppedInAnotherChain = "stopped in another's call chain",
        StoppedElsewhere = "stopped on another core",
        WaitingForAnswer = "waiting for an answer",
        NotBegun = "not yet begun",
    }
}
