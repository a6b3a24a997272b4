namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>An event that was read and is not done.</summary>
internal sealed class PendingEvent
{
    public required long Position { get; init; }
    public required string EventId { get; init; }
    public required string EventType { get; init; }
    public required StreamId Stream { get; init; }

    /// <summary>How it is delivered.</summary>
    public Route Route { get; init; }

    /// <summary>Its state in the lane.</summary>
    public LaneState Lane { get; set; }

    /// <summary>For a lane's batch: its events. The batch itself is not in the ledger.</summary>
    public PendingEvent[]? Parts { get; init; }

    /// <summary>For a lane's batch: the epoch in which it was made.</summary>
    public long Epoch { get; init; }

    /// <summary>The objects for the consumers.</summary>
    public required object[] Events { get; init; }

    public Dictionary<string, object>? RequestContext { get; init; }

    /// <summary>Its size in memory, in bytes.</summary>
    public required int Bytes { get; init; }

    /// <summary>The container handed to Orleans, a new one each time. Its token is its place in the order of handing over.</summary>
    public BatchContainer? Batch { get; set; }

    public long Sequence => Batch!.SequenceToken.SequenceNumber;

    /// <summary>How often it was handed to Orleans.</summary>
    public int HandedOver { get; set; }

    /// <summary>When it was last handed to Orleans.</summary>
    public long HandedOverAtMs { get; set; }

    /// <summary>True when a consumer's cursor has moved past it.</summary>
    public bool Passed { get; set; }

    /// <summary>The number of running reports to <see cref="IUndeliveredEvents"/>.</summary>
    public int Reports { get; set; }

    /// <summary>Why it cannot be deserialized; null when it can.</summary>
    public Exception? Unreadable { get; init; }

    /// <summary>True when it is done.</summary>
    public bool Finished { get; set; }
}

/// <summary>How an event is delivered.</summary>
internal enum Route
{
    /// <summary>Through its own stream.</summary>
    Stream,

    /// <summary>Through the lane of its queue.</summary>
    Lane,

    /// <summary>Not at all: it has no consumer.</summary>
    Nobody,
}

/// <summary>The state of an event in its lane.</summary>
internal enum LaneState
{
    /// <summary>The lane has not received it.</summary>
    None,

    /// <summary>The lane has it and will report the outcome.</summary>
    Taken,

    /// <summary>It is done.</summary>
    Ended,
}
