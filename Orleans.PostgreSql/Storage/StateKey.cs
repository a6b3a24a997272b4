using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Identifies a row of the state table by state name and grain key. SQL for Orleans' ADO.NET provider can compute the same key from the
/// provider's parameters, so that both find each other's rows.
/// </summary>
internal readonly partial record struct StateKey(string Name, string Key) : IComparable<StateKey>
{
    private static readonly ConcurrentDictionary<string, string> Names = new();

    /// <summary>The row of a grain's state.</summary>
    public static StateKey Of(string stateName, GrainId grain) =>
        new(stateName.Contains('`', StringComparison.Ordinal) ? Names.GetOrAdd(stateName, WithoutVersions) : stateName, KeyText(grain));

    /// <summary>The order in which rows are locked, the same on every silo.</summary>
    public int CompareTo(StateKey other) =>
        string.CompareOrdinal(Name, other.Name) is var byName and not 0 ? byName : string.CompareOrdinal(Key, other.Key);

    public override string ToString() => $"{Name} {Key}";

    /// <summary>
    /// Formats a Guid as 32 digits, and a whole number as its 16 little-endian bytes in the same format. An extension follows after a plus.
    /// Any other key stays as it is.
    /// </summary>
    private static string KeyText(GrainId grain)
    {
        if (!grain.TryGetGuidKey(out var guid, out var extension))
        {
            if (!grain.TryGetIntegerKey(out var number, out extension))
                return grain.Key.ToString()!;
            Span<byte> halves = stackalloc byte[16];
            halves[..8].Clear();
            BinaryPrimitives.WriteInt64LittleEndian(halves[8..], number);
            guid = new Guid(halves);
        }
        // For the ADO.NET provider, sixteen zero bytes with an extension are the same as a text key.
        return extension is null ? guid.ToString("N") : guid == Guid.Empty ? extension : $"{guid:N}+{extension}";
    }

    /// <summary>
    /// Removes the versions of the type arguments' assemblies from a generic type's name, so that a new build finds the old rows.
    /// </summary>
    private static string WithoutVersions(string typeName) => AssemblyVersion().Replace(AssemblyOfGeneric().Replace(typeName, "]"), "");

    [GeneratedRegex(", Version=[^\\]]*")]
    private static partial Regex AssemblyVersion();

    [GeneratedRegex("\\], [^\\[\\]]*")]
    private static partial Regex AssemblyOfGeneric();
}
