namespace SoonShop.Counters;

/// <summary>A reservation as decided. It is reserved until it is committed or released; a committed one can still be released.</summary>
internal interface IReservation
{
    /// <summary>True after the commit, also when it was released afterwards.</summary>
    bool IsCommitted { get; }

    /// <summary>True after the release of a reserved one, or after the first return of a committed one.</summary>
    bool IsReleased { get; }

    /// <summary>Completes when the ledger contains the decision.</summary>
    Task Written { get; }
}
