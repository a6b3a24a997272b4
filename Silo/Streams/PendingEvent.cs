namespace SoonShop.Silo.Streams;

/// <summary>An event that was read and is not done with.</summary>
internal sealed class PendingEvent
{
    public required long Position { get; init; }
    public required string EventId { get; init; }
    public required string EventType { get; init; }
    public required StreamId Stream { get; init; }

    /// <summary>Which way it goes.</summary>
    public Route Route { get; init; }

    /// <summary>What has become of it in its lane.</summary>
    public LaneState Lane { get; set; }

    /// <summary>For a batch of a lane: its events. It is no event itself, and stands in no ledger.</summary>
    public PendingEvent[]? Parts { get; init; }

    /// <summary>For a batch of a lane: when it was made.</summary>
    public long Epoch { get; init; }

    /// <summary>What consumers are to get.</summary>
    public required object[] Events { get; init; }

    public Dictionary<string, object>? RequestContext { get; init; }

    /// <summary>What it counts for in memory.</summary>
    public required int Bytes { get; init; }

    /// <summary>What is handed to Orleans; a new one each time. Its token tells its place in the order in which it was handed over.</summary>
    public StreamBatch? Batch { get; set; }

    public long Sequence => Batch!.SequenceToken.SequenceNumber;

    /// <summary>How often it was handed to Orleans.</summary>
    public int HandedOver { get; set; }

    /// <summary>When it was handed over last.</summary>
    public long HandedOverAtMs { get; set; }

    /// <summary>True when a consumer's cursor has moved past it.</summary>
    public bool Passed { get; set; }

    /// <summary>Reports about it that are under way to <see cref="IUndeliveredEvents"/>.</summary>
    public int Reports { get; set; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    public Exception? Unreadable { get; init; }

    /// <summary>True when it is done with.</summary>
    public bool Finished { get; set; }
}

/// <summary>Which way an event goes to its consumers.</summary>
internal enum Route
{
    /// <summary>By its own stream.</summary>
    Stream,

    /// <summary>By the lane of its queue: all consumers are event handlers of the shop.</summary>
    Lane,

    /// <summary>None: it has no consumer.</summary>
    Nobody,
}

/// <summary>What has become of an event in its lane.</summary>
internal enum LaneState
{
    /// <summary>The lane has not got it.</summary>
    None,

    /// <summary>The lane has it, and will say what becomes of it.</summary>
    Taken,

    /// <summary>It is done with.</summary>
    Ended,
}
