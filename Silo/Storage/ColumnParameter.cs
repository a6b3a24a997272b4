using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Silo.Storage;

/// <summary>A parameter that sends a list as an array and is reused with other items.</summary>
internal sealed class ColumnParameter<TItem>(NpgsqlDbType type)
{
    /// <summary>The items to send.</summary>
    public List<TItem> Items { get; } = [];

    /// <summary>The parameter that holds the items.</summary>
    public NpgsqlParameter<List<TItem>> Parameter { get; } = new() { NpgsqlDbType = NpgsqlDbType.Array | type };

    /// <summary>
    /// Removes all items and resets the parameter. Npgsql measures a parameter before it writes any, and discards the measured length when
    /// it writes. If the connection is lost in between, the next list would be written with the old length. Setting the value, even to the
    /// same list, discards it.
    /// </summary>
    public void Restart()
    {
        Items.Clear();
        Parameter.TypedValue = Items;
    }
}
