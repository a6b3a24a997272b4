namespace SoonShop.Imports;

/// <summary>What became of a row of an import, or would become of it.</summary>
[Alias("soonshop.import-row-outcome")]
public enum RowOutcome
{
    /// <summary>It makes something new.</summary>
    Created,
    /// <summary>It changes something.</summary>
    Changed,
    /// <summary>The shop has it already.</summary>
    Unchanged,
    /// <summary>It cannot be applied.</summary>
    Wrong,
}
