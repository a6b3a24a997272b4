namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Converts states of some types to more than one value: with an index, with events for a stream provider, or with rows of other tables.
/// All of it is committed in one transaction. Set it in <see cref="PostgresGrainStorageOptions.StateFormat"/>.
/// </summary>
public interface IStateFormat
{
    /// <summary>
    /// True when this format converts states of this type. <see cref="PostgresGrainStorageOptions.GrainStorageSerializer"/> converts all
    /// others. The answer must not change.
    /// </summary>
    bool Converts<T>();

    /// <summary>Returns what the write of a state stores.</summary>
    StateParts Write<T>(T state);

    /// <summary>Reads what <see cref="Write"/> returned as <see cref="StateParts.State"/>.</summary>
    T? Read<T>(byte[] state);
}
